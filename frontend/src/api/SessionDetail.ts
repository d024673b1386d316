/** A class of the project; `color` is `#rrggbb`. */
export interface LabelDetail {
  readonly value: number;
  readonly name: string;
  readonly color: string;
}

/** The image of a session; `shape` and `affine` are of axes (z, y, x). */
export interface VolumeDetail {
  readonly id: string;
  readonly name: string;
  readonly shape: readonly number[];
  readonly affine: readonly (readonly number[])[];
  readonly modality: string;
  readonly channels: number;
  readonly window: readonly number[] | null;
  readonly wado_root: string;
  readonly instances: readonly string[];
}

export interface EngineDetail {
  readonly name: string;
  readonly title: string;
  readonly prompts: readonly string[];
  readonly planar: boolean;
  readonly learns: boolean;
}

/** What `POST /api/assignments/<id>/session` answers. */
export interface SessionDetail {
  readonly id: string;
  readonly state: string;
  readonly volume: VolumeDetail;
  readonly labels: readonly LabelDetail[];
  readonly engine: EngineDetail;
  readonly draft_version: number;
}
