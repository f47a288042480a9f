import { DefinitionError, FitError } from "../../../errors.js";
import { isBoolean, option } from "../../apply.js";
import type { Accumulator, FitColumn, StateValue } from "../../transform.js";
import { MAX_CATEGORIES, compareText } from "./categories.js";
import { MAX_TERMS, TermCounts } from "./term-counts.js";
import { termOptions, textList, type CheckedTermOptions, type TermOptions } from "./term-options.js";

type Given = Readonly<Record<string, unknown>>;

/** Which terms become columns. */
export interface VocabularyOptions extends TermOptions {
  /** 1 where the text has the term, not how often; false by default. */
  readonly binary?: boolean;
  /** Terms in more texts are left out: a fraction up to 1, or from 2 a number of texts; 1 (all) by default. */
  readonly maxDf?: number;
  /** Terms in fewer texts are left out: a fraction below 1, or from 1 a number of texts; 1 by default. */
  readonly minDf?: number;
  /** The most terms: those that occur most often, of equally frequent ones the first in order; null by default. */
  readonly maxFeatures?: number | null;
  /** The terms, in the order of their columns; null (the default) takes those of the data, sorted. */
  readonly vocabulary?: readonly string[] | null;
}

export type CheckedVocabularyOptions = CheckedTermOptions & Required<VocabularyOptions>;

export const VOCABULARY_OPTIONS = ["binary", "maxDf", "minDf", "maxFeatures", "vocabulary"] as const;

export type Vocabulary = {
  /** Texts that are not null. */
  readonly documents: number;
  readonly terms: readonly string[];
  /** How many texts have each term. */
  readonly documentCounts: readonly number[];
};

export function vocabularyOptions(name: string, given: Given): CheckedVocabularyOptions {
  const isPart = (value: unknown): boolean =>
    typeof value === "number" && ((value >= 0 && value < 1) || (Number.isSafeInteger(value) && value >= 1));
  const isMost = (value: unknown): boolean => value === null || (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_CATEGORIES);
  const part = "a fraction from 0 to 1, or a number of texts";
  const vocabulary = given["vocabulary"] ?? null;
  const checked = {
    ...termOptions(name, given),
    binary: option(name, given, "binary", false, "a boolean", isBoolean),
    maxDf: option(name, given, "maxDf", 1, part, isPart),
    minDf: option(name, given, "minDf", 1, part, isPart),
    maxFeatures: option<number | null>(name, given, "maxFeatures", null, `null or an integer from 1 to ${MAX_CATEGORIES}`, isMost),
    vocabulary: vocabulary === null ? null : textList(name, "vocabulary", vocabulary, MAX_CATEGORIES, false),
  };
  if (checked.vocabulary === null) return checked;
  for (const key of ["maxDf", "minDf", "maxFeatures"] as const) {
    if ((given[key] ?? null) === null) continue;
    throw new DefinitionError("INVALID_PARAMETER", `${name}: option ${key} belongs to a vocabulary from the data`, { path: [key], expected: `no ${key}` });
  }
  return checked;
}

export class VocabularyFit implements Accumulator<Vocabulary> {
  readonly #options: CheckedVocabularyOptions;
  readonly #counts: TermCounts;

  constructor(options: CheckedVocabularyOptions) {
    const { minDf, maxDf, maxFeatures, vocabulary } = options;
    // Where nothing is left out, too many terms are an error as soon as they are seen.
    const pruned = maxFeatures !== null || maxDf !== 1 || (minDf !== 1 && minDf !== 0);
    this.#options = options;
    this.#counts = new TermCounts(pruned ? MAX_TERMS : MAX_CATEGORIES, vocabulary ?? undefined);
  }

  update(column: FitColumn): void {
    this.#counts.update(column);
  }

  merge(other: VocabularyFit): void {
    this.#counts.merge(other.#counts);
  }

  save(): StateValue {
    const all = this.#counts.entries();
    return {
      documents: this.#counts.documents,
      terms: all.map(({ term }) => term),
      documentCounts: all.map((entry) => entry.documents),
      counts: all.map(({ count }) => count),
    };
  }

  restore(saved: StateValue): void {
    const { documents, terms, documentCounts, counts } = saved as unknown as Vocabulary & { readonly counts: readonly number[] };
    for (const [i, term] of terms.entries()) {
      this.#counts.add({ term, documents: documentCounts[i] as number, count: counts[i] as number });
    }
    this.#counts.documents += documents;
  }

  /** scikit-learn's rules of CountVectorizer. */
  finish(): Vocabulary {
    const { minDf, maxDf, maxFeatures, vocabulary } = this.#options;
    const { documents } = this.#counts;
    const all = this.#counts.entries();
    if (vocabulary !== null) return { documents, terms: vocabulary, documentCounts: all.map((entry) => entry.documents) };
    if (all.length === 0) {
      throw new FitError("NO_VALUES", "no text has any term", { fix: "Look at tokenPattern and stopWords, or leave the feature out" });
    }
    const least = minDf < 1 ? minDf * documents : minDf;
    const most = maxDf <= 1 ? maxDf * documents : maxDf;
    if (most < least) {
      throw new FitError("NO_VALUES", `maxDf allows terms in at most ${most} texts, and minDf asks for ${least}`, { fix: "Lower minDf or raise maxDf" });
    }
    let kept = all.filter((entry) => entry.documents >= least && entry.documents <= most);
    kept.sort((a, b) => compareText(a.term, b.term));
    if (maxFeatures !== null && kept.length > maxFeatures) {
      const chosen = new Set([...kept].sort((a, b) => b.count - a.count).slice(0, maxFeatures));
      kept = kept.filter((entry) => chosen.has(entry));
    }
    if (kept.length === 0) throw new FitError("NO_VALUES", "no term is left", { fix: "Lower minDf or raise maxDf" });
    if (kept.length > MAX_CATEGORIES) {
      throw new FitError("TOO_MANY_CATEGORIES", `the column would become ${kept.length} columns`, {
        expected: `at most ${MAX_CATEGORIES}`,
        fix: "Raise minDf, or set maxFeatures",
      });
    }
    return { documents, terms: kept.map(({ term }) => term), documentCounts: kept.map((entry) => entry.documents) };
  }
}

/** Rows of `describe`. */
export function describeVocabulary({ documents, terms, documentCounts }: Vocabulary): (readonly [string, number])[] {
  return [["texts", documents], ["terms", terms.length], ...terms.map((term, i) => [`texts with ${term}`, documentCounts[i] as number] as const)];
}
