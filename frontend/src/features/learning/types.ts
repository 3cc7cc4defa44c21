/** Names for what the learning endpoints answer. As in api/types.ts, the shapes are the server's. */
import type { components } from '@/api/schema';

type Schemas = components['schemas'];

export type Verdict = Schemas['GateVerdict'];
export type ModelState = Schemas['ModelState'];
export type ModelEvent = Schemas['ModelEvent'];
export type ReasonInput = Schemas['ReasonInputRequest'];
export type RunState = Schemas['RunState'];
export type LabelComparison = Schemas['LabelComparison'];
export type GateReport = Schemas['GateReport'];
export type Regression = Schemas['Regression'];
export type Model = Schemas['Model'];
export type Run = Schemas['Run'];
export type RetrainInput = Schemas['RetrainInputRequest'];
export type RunMetric = Schemas['ChartLine'];
export type RunDetail = Schemas['RunDetail'];
export type NextTraining = Schemas['NextTraining'];
export type CurvePoint = Schemas['CurvePoint'];
export type RandomSharePoint = Schemas['RandomShare'];
export type QueueReason = Schemas['ReasonShare'];
export type Learning = Schemas['Learning'];
