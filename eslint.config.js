// Rules that find mistakes; layout is left to the author. Types are checked where the sources are TypeScript.
import js from "@eslint/js";
import tseslint from "typescript-eslint";

const typescript = ["src/**/*.ts", "test/**/*.ts", "vitest.config.ts"];

export default tseslint.config(
  {
    ignores: ["**/node_modules/", "**/dist/", "**/build/", "**/prebuilds/", "**/*.gen.ts", "**/coverage/", "out/", "test/package/consumer/", "**/*.d.ts"],
  },
  {
    files: ["**/*.{js,mjs,cjs}"],
    ...js.configs.recommended,
    languageOptions: {
      ecmaVersion: 2024,
      globals: Object.fromEntries(
        ["AbortController", "AbortSignal", "Buffer", "TextDecoder", "TextEncoder", "URL", "WebAssembly", "clearInterval", "clearTimeout", "console", "performance", "process", "queueMicrotask", "setImmediate", "setInterval", "setTimeout", "structuredClone"].map((name) => [name, "readonly"]),
      ),
    },
    rules: { ...js.configs.recommended.rules, "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }], eqeqeq: "error", "prefer-const": "error", "no-useless-assignment": "off" },
  },
  {
    files: typescript,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/only-throw-error": ["error", { allowThrowingUnknown: true }],
      // Values that the types rule out still come from JavaScript, JSON and foreign modules: they are checked.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // apache-arrow's types are `any` in many places; ours may not be (no-explicit-any).
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unsafe-enum-comparison": "off",
      // Their findings here were false: functions without `this`, Arrow types that do have a toString().
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-base-to-string": "off",
      // Matters of taste.
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-meaningless-void-operator": "off",
      "@typescript-eslint/no-redundant-type-constituents": "off",
      "@typescript-eslint/no-unnecessary-boolean-literal-compare": "off",
      "@typescript-eslint/no-unnecessary-type-arguments": "off",
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      "@typescript-eslint/no-unnecessary-type-conversion": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-empty-object-type": "off",
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-misused-spread": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
    },
  },
  {
    // Statements that only the compiler looks at.
    files: ["test/types/**/*.types.ts"],
    rules: { "@typescript-eslint/no-unused-expressions": "off", "@typescript-eslint/no-floating-promises": "off" },
  },
);
