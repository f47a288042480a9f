import { PeerError } from "./errors.js";

/**
 * Loads an optional peer where it is needed first. `load` is the import itself, so that types and bundlers see the
 * package's name: `importPeer("lmdb", "the LMDB store", () => import("lmdb"))`. MISSING_PEER names the install command.
 */
export async function importPeer<Module>(name: string, purpose: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const missing = (cause as { code?: unknown } | null)?.code === "ERR_MODULE_NOT_FOUND" || (cause as { code?: unknown } | null)?.code === "MODULE_NOT_FOUND";
    throw new PeerError(
      "MISSING_PEER",
      missing ? `${purpose} needs the optional package ${name}` : `${purpose} needs the package ${name}, which cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      { fix: `Run \`npm install ${name}\`` },
      { cause },
    );
  }
}
