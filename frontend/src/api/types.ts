/**
 * Names for the HTTP contract, version 1. The shapes come from the server's OpenAPI document: `make schema` writes
 * openapi.json and schema.ts, which nobody edits. Times are ISO-8601 UTC strings.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Role = Schemas['Role'];
export type ThemeChoice = Schemas['Theme'];
export type Person = Schemas['Person'];

// ── People ────────────────────────────────────────────────────────────────────────────────────────
export type ProjectSettings = Schemas['ProjectSettings'];
export type Project = Schemas['Project'];
export type ProjectDetail = Schemas['ProjectDetail'];
export type ProjectChange = Schemas['PatchedProjectPatchRequest'];
export type NewProject = Schemas['ProjectInputRequest'];
export type Me = Schemas['Me'];
export type Preferences = Schemas['PatchedPreferencesRequest'];
export type Demo = Schemas['Demo'];
export type DemoUser = Schemas['DemoUser'];

// ── Labels ────────────────────────────────────────────────────────────────────────────────────────
export type LabelKind = Schemas['LabelKind'];
export type Label = Schemas['Label'];
export type LabelInput = Schemas['LabelInputRequest'];

// ── Data in and out ───────────────────────────────────────────────────────────────────────────────
export type ImportOutcome = Schemas['ImportOutcome'];
export type ImportItem = Schemas['ImportItem'];
export type Import = Schemas['Import'];
export type ImportList = Schemas['ImportList'];
export type UploadReceipt = Schemas['UploadResult'];
export type Quarantined = Schemas['Quarantined'];
export type QuarantineList = Schemas['QuarantineList'];
export type QuarantineState = Schemas['QuarantineState'];
export type QuarantineEvent = Schemas['QuarantineEvent'];

export type CaseStatus = Schemas['CaseStatus'];
export type CaseRow = Schemas['CaseRow'];
export type CaseList = Schemas['CaseList'];
export type ExportFormat = Schemas['ExportFormat'];
export type Export = Schemas['Export'];
export type ExportInput = Schemas['ExportInputRequest'];
export type Enrolment = Schemas['Enrolment'];
export type Token = Schemas['Token'];
export type TokenList = Schemas['TokenList'];
export type TokenInput = Schemas['TokenInputRequest'];
export type TokenScope = Schemas['TokenScope'];
export type NewToken = Schemas['NewToken'];
export type ExportList = Schemas['ExportPage'];

// ── Work of the machine, and what came by the network ─────────────────────────────────────────────
export type Job = Schemas['Job'];
export type JobState = Schemas['JobState'];
export type JobEvent = Schemas['JobEvent'];
export type JobFilter = 'open' | 'ended' | JobState;
export type JobList = Schemas['JobList'];
export type Status = Schemas['Status'];
export type QueueFacts = Schemas['QueueFacts'];
export type Activity = Schemas['Activity'];
export type ActivityDay = Schemas['ActivityDay'];
export type InboxStudy = Schemas['InboxStudy'];
export type InboxList = Schemas['Inbox'];
export type DiscardReason = Schemas['InboxDiscardReason'];
export type AeRoute = Schemas['AeRoute'];
export type AeRouteInput = Schemas['AeRouteInputRequest'];
export type AeRouteList = Schemas['AeRouteList'];

// ── Work list ─────────────────────────────────────────────────────────────────────────────────────
export type ReasonCode = Schemas['ReasonCode'];
export type WorklistStatus = Schemas['WorklistStatus'];
export type WorklistRow = Schemas['WorklistRow'];
export type WorklistGroupKey = Schemas['WorklistGroupKey'];
export type WorklistProgress = Schemas['WorklistProgress'];
export type Worklist = Schemas['Worklist'];
export type ReadingId = Schemas['ReadingId'];
export type SkipInput = Schemas['SkipInputRequest'];
