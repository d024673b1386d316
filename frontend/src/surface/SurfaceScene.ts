import '@kitware/vtk.js/Rendering/OpenGL/Profiles/Geometry';
import vtkDataArray from '@kitware/vtk.js/Common/Core/DataArray';
import vtkPolyData from '@kitware/vtk.js/Common/DataModel/PolyData';
import vtkActor from '@kitware/vtk.js/Rendering/Core/Actor';
import vtkMapper from '@kitware/vtk.js/Rendering/Core/Mapper';
import vtkRenderer from '@kitware/vtk.js/Rendering/Core/Renderer';
import vtkRenderWindow from '@kitware/vtk.js/Rendering/Core/RenderWindow';
import vtkOpenGLRenderWindow from '@kitware/vtk.js/Rendering/OpenGL/RenderWindow';
import type { Point } from '../geometry/frames';
import type { LabelStyle } from '../viewer/LabelStyle';
import { type Look, lookFrom } from './Look';
import type { Mesh } from './Mesh';

/** The first look in degrees: a little from the patient's right, and above. */
const ASIDE = -30;
const RAISED = 20;
/** Of the diagonal of the box around the surfaces, what is half the pane. */
const FILLED = 0.48;
/** How many such lengths away the reader is: nothing is behind them. */
const FAR = 10;
/** Bounds of how near it is: 1 shows all of it. */
const FURTHEST = 0.1;
const NEAREST = 40;

/** Surfaces of labels in a pane, lit from where the reader is. */
export class SurfaceScene {
  readonly #element: HTMLElement;
  readonly #window = vtkRenderWindow.newInstance();
  readonly #view = vtkOpenGLRenderWindow.newInstance();
  readonly #renderer = vtkRenderer.newInstance({ background: [0, 0, 0] });
  readonly #actors = new Map<
    number,
    { readonly actor: vtkActor; readonly mapper: vtkMapper }
  >();
  readonly #told: (look: Look) => void;
  #style: readonly LabelStyle[] = [];
  /** mm from the middle to what has to fit; how much nearer the reader is */
  #radius = 1;
  #zoom = 1;
  /** what the reader turns about, LPS mm */
  #middle: Point = [0, 0, 0];
  #yaw = ASIDE;
  #pitch = RAISED;
  #look = lookFrom(ASIDE, RAISED);
  #frame = 0;

  /**
   * @param told called with where the reader looks from, whenever it was drawn
   */
  constructor(element: HTMLElement, told: (look: Look) => void) {
    this.#element = element;
    this.#told = told;
    this.#window.addRenderer(this.#renderer);
    this.#view.setContainer(element);
    this.#window.addView(this.#view);
    this.#renderer.getActiveCamera().setParallelProjection(true);
    this.resize();
  }

  /** Put a label's surface in place of the one before; null takes it away. */
  show(label: number, mesh: Mesh | null): void {
    this.#take(label);
    if (mesh) {
      const data = vtkPolyData.newInstance();
      data.getPoints().setData(mesh.points, 3);
      data.getPolys().setData(asCells(mesh.triangles));
      data.getPointData().setNormals(
        vtkDataArray.newInstance({
          name: 'Normals',
          numberOfComponents: 3,
          values: mesh.normals,
        }),
      );
      const mapper = vtkMapper.newInstance({ scalarVisibility: false });
      mapper.setInputData(data);
      const actor = vtkActor.newInstance();
      actor.setMapper(mapper);
      const property = actor.getProperty();
      property.setInterpolationToPhong();
      property.setAmbient(0.15);
      property.setDiffuse(0.85);
      property.setSpecular(0.2);
      property.setSpecularPower(20);
      this.#renderer.addActor(actor);
      this.#actors.set(label, { actor, mapper });
      this.#dress();
    }
    this.#schedule();
  }

  setStyle(labels: readonly LabelStyle[]): void {
    this.#style = labels;
    this.#dress();
    this.#schedule();
  }

  /** Turn what is shown by degrees: to the right and downwards. */
  turn(right: number, down: number): void {
    this.#yaw -= right;
    this.#pitch = Math.min(Math.max(this.#pitch + down, -90), 90);
    this.#aim();
    this.#schedule();
  }

  /** @returns the factor that it came nearer by: there are bounds */
  zoomBy(factor: number): number {
    const before = this.#zoom;
    this.#zoom = Math.min(Math.max(before * factor, FURTHEST), NEAREST);
    this.#scale();
    this.#schedule();
    return this.#zoom / before;
  }

  /** Move what is shown by CSS pixels. */
  panBy(right: number, down: number): void {
    const camera = this.#renderer.getActiveCamera();
    const mm =
      (2 * camera.getParallelScale()) / Math.max(this.#element.clientHeight, 1);
    const { right: across, up } = this.#look;
    const shift = [0, 1, 2].map(
      (i) => mm * (down * (up[i] as number) - right * (across[i] as number)),
    ) as [number, number, number];
    const [x, y, z] = this.#middle;
    this.#middle = [x + shift[0], y + shift[1], z + shift[2]];
    this.#aim();
    this.#schedule();
  }

  /** From the front, a little from the side and above: everything is seen. */
  reset(): void {
    this.#yaw = ASIDE;
    this.#pitch = RAISED;
    const [x0, x1, y0, y1, z0, z1] = this.#renderer.computeVisiblePropBounds();
    this.#middle = [(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2];
    this.#radius = FILLED * Math.hypot(x1 - x0, y1 - y0, z1 - z0) || 1;
    this.#zoom = 1;
    this.#aim();
    this.#scale();
    this.#schedule();
  }

  resize(): void {
    const ratio = window.devicePixelRatio || 1;
    this.#view.setSize(
      Math.max(Math.floor(this.#element.clientWidth * ratio), 1),
      Math.max(Math.floor(this.#element.clientHeight * ratio), 1),
    );
    this.#scale();
    this.#schedule();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    for (const label of [...this.#actors.keys()]) {
      this.#take(label);
    }
    this.#view.setContainer(null as never);
    this.#window.removeView(this.#view);
    this.#view.delete();
    this.#renderer.delete();
    this.#window.delete();
  }

  /** The scale of the library is half the height of the pane, in mm. */
  #scale(): void {
    const { clientWidth, clientHeight } = this.#element;
    const narrow = Math.min(clientWidth / Math.max(clientHeight, 1), 1) || 1;
    this.#renderer
      .getActiveCamera()
      .setParallelScale(this.#radius / narrow / this.#zoom);
  }

  #take(label: number): void {
    const shown = this.#actors.get(label);
    if (shown) {
      this.#renderer.removeActor(shown.actor);
      shown.actor.delete();
      shown.mapper.delete();
      this.#actors.delete(label);
    }
  }

  #dress(): void {
    for (const { value, color, visible } of this.#style) {
      const actor = this.#actors.get(value)?.actor;
      actor?.setVisibility(visible);
      actor
        ?.getProperty()
        .setColor(color[0] / 255, color[1] / 255, color[2] / 255);
    }
  }

  #aim(): void {
    const camera = this.#renderer.getActiveCamera();
    this.#look = lookFrom(this.#yaw, this.#pitch);
    const [x, y, z] = this.#middle;
    const [tx, ty, tz] = this.#look.towards;
    const far = FAR * this.#radius;
    camera.setFocalPoint(x, y, z);
    camera.setPosition(x + far * tx, y + far * ty, z + far * tz);
    camera.setViewUp(...this.#look.up);
  }

  #schedule(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#renderer.resetCameraClippingRange();
        this.#window.render();
        this.#told(this.#look);
      });
    }
  }
}

/** Each triangle with the count of its corners before it. */
function asCells(triangles: Uint32Array): Uint32Array {
  const cells = new Uint32Array((triangles.length / 3) * 4);
  for (let t = 0, c = 0; t < triangles.length; t += 3, c += 4) {
    cells[c] = 3;
    cells[c + 1] = triangles[t] as number;
    cells[c + 2] = triangles[t + 1] as number;
    cells[c + 3] = triangles[t + 2] as number;
  }
  return cells;
}
