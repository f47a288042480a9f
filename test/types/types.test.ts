import { resolve } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const files = ["engine.types.ts", "expressions.types.ts", "predictor.types.ts", "service.types.ts", "view.types.ts"].map((name) => resolve(import.meta.dirname, name));
const sources = new Map<string, ts.SourceFile | undefined>();
let options: ts.CompilerOptions = {};

/** Errors in the type tests, with the text of some sources changed. */
function check(changes: Readonly<Record<string, (text: string) => string>> = {}): string[] {
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  const changed = new Map(Object.entries(changes).map(([path, change]) => [resolve(root, path), change]));
  host.getSourceFile = (path, version) => {
    const change = changed.get(resolve(path));
    if (change !== undefined) {
      const before = ts.sys.readFile(path) ?? "";
      const after = change(before);
      if (after === before) throw new Error(`nothing was changed in ${path}`);
      return ts.createSourceFile(path, after, version);
    }
    // Files that do not change are parsed once.
    if (!sources.has(path)) sources.set(path, read(path, version));
    return sources.get(path);
  };
  const program = ts.createProgram(files, options, host);
  const own = files.flatMap((file) => {
    const source = program.getSourceFile(file);
    return source === undefined ? [] : [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  return own.map((d) => {
    const line = d.file?.getLineAndCharacterOfPosition(d.start ?? 0).line ?? 0;
    return `${d.file?.fileName.split("/").at(-1)}:${line + 1}: ${ts.flattenDiagnosticMessageText(d.messageText, "\n")}`;
  });
}

beforeAll(() => {
  const config = ts.getParsedCommandLineOfConfigFile(resolve(root, "tsconfig.json"), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} });
  options = { ...config?.options, noEmit: true };
  expect(options.strict).toBe(true);
});

test("every line of the type tests is taken or refused as it says", () => {
  expect(check()).toEqual([]);
});

// A type test that cannot fail protects nothing: a type is made loose, and the tests must notice.
describe("a type that gets loose is noticed", () => {
  test.each<[string, string, (text: string) => string]>([
    ["a row of any kind", "src/engine/engine.ts", (text) => text.replace("row(row: Row): Float32Array", "row(row: any): Float32Array")],
    ["inputs as any expression", "src/features/inputs.ts", (text) => text.replace("? ExprByKind[Kind]", "? any")],
    ["nullable inputs required", "src/features/inputs.ts", (text) => text.replace("]?: ValueOf", "]: ValueOf")],
    ["all inputs optional", "src/features/inputs.ts", (text) => text.replace("NullableNames<I>>]: ValueOf", "NullableNames<I>>]?: ValueOf")],
    ["any operand", "src/expr/functions.gen.ts", (text) => text.replace("export type Float64Operand = ", "export type Float64Operand = unknown | ")],
    ["any method of text", "src/expr/functions.gen.ts", (text) => text.replace('class Utf8Expr extends Expr<"utf8"> {', 'class Utf8Expr extends Expr<"utf8"> {\n  [name: string]: any;')],
    ["branches of any type", "src/expr/extensions.ts", (text) => text.replace("otherwise(value: Matching<T>)", "otherwise(value: unknown)")],
    ["a predictor's row of any kind", "src/scorer/predictor.ts", (text) => text.replace("predict(row: RowOf<I>,", "predict(row: any,")],
    ["a default of any type", "src/scorer/predictor/policies.ts", (text) => text.replace("{ readonly default: V }", "{ readonly default: unknown }")],
    ["a request of any kind", "src/online/view/online-view.ts", (text) => text.replace("retrieve(request: FeatureRequest<Shape>", "retrieve(request: any")],
    ["sections without required values", "src/online/view/types.ts", (text) => text.replace(": { readonly [Key in Name]: Row };", ": { readonly [Key in Name]?: Row };")],
    ["any name in an empty section", "src/online/view/types.ts", (text) => text.replace("Readonly<Record<string, never>> | undefined }", "unknown }")],
    ["any override", "src/online/view/types.ts", (text) => text.replace('keyof Shape["features"] & Shape["overrides"]]?', 'keyof Shape["features"]]?')],
    ["names without prefix", "src/online/view/types.ts", (text) => text.replace("`${Prefix}${Name}`", "Name")],
    ["keys without mapping", "src/online/view/types.ts", (text) => text.replace("Mapped[Name] & string : Name", "Name : Name")],
    ["policies of any value", "src/online/view/policies.ts", (text) => text.replace("FeaturePolicies<ValueOf<I[Name]>>", "FeaturePolicies<any>")],
    ["columns as an expression", "src/expr/expr.ts", (text) => text.replace("export class ColumnsExpr {", "export class ColumnsExpr {\n  [name: string]: any;")],
  ])("%s", (_, path, change) => {
    const errors = check({ [path]: change });
    expect(errors.length).toBeGreaterThan(0);
  });
});
