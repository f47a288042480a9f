/** What TypeScript infers from a view's declaration: the names, types and nullability of its requests. */

import type { ExprsOf, Inputs, RowOf } from "../../features/inputs.js";
import type { AnyInputType, InputType } from "../../types/input-type.js";
import type { FeatureGroup } from "../group.js";

/** A group joined under other names: its keys as serving keys of the view, its features with a prefix. */
export interface JoinedGroup {
  readonly group: FeatureGroup;
  /** The group's key name → the view's serving key; the same name where left out. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Put before the names of the group's features. */
  readonly prefix?: string;
}

export type ViewGroup = FeatureGroup | JoinedGroup;

/** Nothing declared: an object without names, which adds none to an intersection. */
export type None = {};

type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void ? I : never;
type Flat<T> = { readonly [Name in keyof T]: T[Name] };
/** Tells the compiler what it cannot see in an intersection over a tuple. */
type AsInputs<T> = T extends Inputs ? T : never;

type ServingName<Join, Name> = Join extends { readonly keys: infer Mapped } ? (Name extends keyof Mapped ? Mapped[Name] & string : Name) : Name;
type FeatureName<Join, Name extends string> = Join extends { readonly prefix: infer Prefix extends string } ? `${Prefix}${Name}` : Name;

type JoinKeys<Join> =
  Join extends FeatureGroup<infer Keys, Inputs>
    ? Keys
    : Join extends { readonly group: FeatureGroup<infer Keys, Inputs> }
      ? { readonly [Name in keyof Keys & string as ServingName<Join, Name> & string]: Keys[Name] }
      : None;
type JoinFeatures<Join> =
  Join extends FeatureGroup<Inputs, infer Features>
    ? Features
    : Join extends { readonly group: FeatureGroup<Inputs, infer Features> }
      ? { readonly [Name in keyof Features & string as FeatureName<Join, Name>]: Features[Name] }
      : None;

/** Serving keys of all groups. */
export type KeysOf<Groups extends readonly ViewGroup[]> = AsInputs<Flat<UnionToIntersection<JoinKeys<Groups[number]>>>>;
/** Features of all groups by the view's names. */
export type FeaturesOf<Groups extends readonly ViewGroup[]> = AsInputs<Flat<UnionToIntersection<JoinFeatures<Groups[number]>>>>;

/**
 * Names of groups' features that a request may override; or an object with these as "lookedUp" and, by type, features
 * that no group has.
 */
export type PassedDeclaration<Name extends string> = readonly Name[] | { readonly [name: string]: AnyInputType | "lookedUp" };

export type OverridesOf<Passed> = Passed extends readonly (infer Name extends string)[]
  ? Name
  : { [Name in keyof Passed]: Passed[Name] extends "lookedUp" ? Name : never }[keyof Passed];
export type OwnOf<Passed> = Passed extends readonly string[]
  ? None
  : { readonly [Name in keyof Passed as Passed[Name] extends AnyInputType ? Name : never]: Passed[Name] extends AnyInputType ? Passed[Name] : never };

/** Columns of training data only; with types where a fitted transformation learns from them. */
export type LabelsDeclaration = readonly string[] | Inputs;
export type LabelInputsOf<Labels> = Labels extends readonly string[] ? None : Labels extends Inputs ? Labels : None;

/** What the types of a view remember of its declaration. */
export interface ViewShape {
  readonly keys: Inputs;
  readonly features: Inputs;
  readonly overrides: string;
  readonly own: Inputs;
  readonly parameters: Inputs;
  readonly labels: Inputs;
}

/** Every input by name: serving keys, looked-up and passed features, request parameters. */
export type InputsOf<Shape extends ViewShape> = Flat<Shape["keys"] & Shape["features"] & Shape["own"] & Shape["parameters"]>;
export type ViewExprs<Shape extends ViewShape> = ExprsOf<InputsOf<Shape>>;

type ValueOf<Type> = Type extends InputType<infer Value, string, boolean> ? Value : never;
type Overrides<Shape extends ViewShape> = { readonly [Name in keyof Shape["features"] & Shape["overrides"]]?: ValueOf<Shape["features"][Name]> | undefined };

type Section<Name extends string, Row> = [keyof Row] extends [never]
  ? { readonly [Key in Name]?: Readonly<Record<string, never>> | undefined }
  : None extends Row
    ? { readonly [Key in Name]?: Row | undefined }
    : { readonly [Key in Name]: Row };

/** A request to a view; sections without required values may be left out. */
export type FeatureRequest<Shape extends ViewShape = ViewShape> = Section<"servingKeys", RowOf<Shape["keys"]>> &
  Section<"passedFeatures", RowOf<Shape["own"]> & Overrides<Shape>> &
  Section<"requestParameters", RowOf<Shape["parameters"]>>;

/** A request as it is read: any of the sections, each an object of values. */
export interface AnyRequest {
  readonly servingKeys?: Readonly<Record<string, unknown>> | undefined;
  readonly passedFeatures?: Readonly<Record<string, unknown>> | undefined;
  readonly requestParameters?: Readonly<Record<string, unknown>> | undefined;
}
