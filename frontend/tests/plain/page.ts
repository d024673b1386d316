/**
 * The work of the viewer in a bare set-up of Cornerstone, as its examples have
 * it: a stack viewport, a labelmap drawn over it, and nothing around them.
 *
 * `/static/plain/index.html?series=ADDRESS&slice=N&width=W&height=H`
 */
import {
  cache,
  Enums,
  imageLoader,
  init as initCore,
  RenderingEngine,
  type StackViewport,
  type Types,
  utilities,
} from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import vtkPiecewiseFunction from '@kitware/vtk.js/Common/DataModel/PiecewiseFunction';
import vtkColorTransferFunction from '@kitware/vtk.js/Rendering/Core/ColorTransferFunction';

/** What the measuring program asks of the page, in milliseconds since loading. */
interface PlainPage {
  first: number;
  all: number;
  /** from each key press until the next slice was painted */
  readonly scrolls: number[];
  /** show a mask of the slice. @returns milliseconds until it was painted */
  showMask(seed: number): Promise<number>;
  /** labelled voxels of the slice */
  labelled(): number;
}

declare global {
  interface Window {
    plain: PlainPage;
  }
}

type DicomJson = Record<string, { Value?: unknown[] }>;

const LABELMAP = 'labelmap';
const BRUSH_VOXELS = 3;

const asked = new URLSearchParams(location.search);
const series = asked.get('series') ?? '';

const element = document.createElement('div');
element.style.width = `${asked.get('width')}px`;
element.style.height = `${asked.get('height')}px`;
document.body.append(element);

initCore();
initLoader({
  // The server sends frames plain, not in the multipart the loader asks for.
  beforeSend: async () => ({ Accept: 'application/octet-stream, */*;q=0.1' }),
});

const engine = new RenderingEngine('plain');
engine.enableElement({
  viewportId: 'axial',
  type: Enums.ViewportType.STACK,
  element,
});
const viewport = engine.getViewport('axial') as StackViewport;
const imageIds = await findImages();
let shown = Math.min(Number(asked.get('slice')), imageIds.length - 1);

const painted = (): Promise<void> =>
  new Promise((done) => {
    element.addEventListener(
      Enums.Events.IMAGE_RENDERED,
      () => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
          channel.port1.close();
          done();
        };
        channel.port2.postMessage(null);
      },
      { once: true },
    );
  });

const page: PlainPage = {
  first: 0,
  all: 0,
  scrolls: [],
  async showMask(seed) {
    const began = performance.now();
    const mask = labelmap();
    const scalars = labels(mask);
    const edge = 100 + (seed % 20) * 10;
    for (let y = edge; y < mask.rows - edge; y += 1) {
      scalars.fill(1, y * mask.columns + edge, (y + 1) * mask.columns - edge);
    }
    upload();
    const done = painted();
    viewport.render();
    await done;
    return performance.now() - began;
  },
  labelled: () => labels(labelmap()).reduce((sum, value) => sum + value, 0),
};
window.plain = page;

await viewport.setStack(imageIds, shown);
const first = painted();
viewport.render();
await first;
page.first = performance.now();
await Promise.all(
  imageIds.map((imageId) =>
    imageLoader.loadAndCacheImage(imageId, {
      requestType: Enums.RequestType.Prefetch,
      priority: 0,
    }),
  ),
);
page.all = performance.now();

const masks = imageLoader.createAndCacheDerivedLabelmapImages(imageIds);
showLabelmap();

addEventListener('keydown', (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0;
  const wanted = Math.min(Math.max(shown + by, 0), imageIds.length - 1);
  if (wanted !== shown) {
    shown = wanted;
    viewport.setImageIdIndex(wanted).then(() => {
      upload();
      viewport.render();
    });
    painted().then(() =>
      page.scrolls.push(performance.now() - event.timeStamp),
    );
  }
});
element.addEventListener('pointermove', (event) => {
  if (event.buttons === 1) {
    paint(event.offsetX, event.offsetY);
    upload();
    viewport.render();
  }
});

async function findImages(): Promise<string[]> {
  const response = await fetch(`${series}/metadata`, {
    headers: { Accept: 'application/dicom+json' },
  });
  const instances = (await response.json()) as DicomJson[];
  return instances.map((instance) => {
    const uid = instance['00080018']?.Value?.[0];
    const imageId = `wadors:${series}/instances/${uid}/frames/1`;
    wadors.metaDataManager.add(imageId, instance as never);
    return imageId;
  });
}

function labelmap(): Types.IImage {
  const mask = masks[shown];
  if (!mask) {
    throw new Error('The slice has no labelmap');
  }
  return mask;
}

function labels(mask: Types.IImage): Uint8Array {
  return mask.voxelManager?.getScalarData() as Uint8Array;
}

/** The plane on the screen; on the graphics card, as it is everywhere here. */
function plane() {
  return viewport.getImageData()?.imageData as Types.IImageData['imageData'];
}

function showLabelmap(): void {
  const colors = vtkColorTransferFunction.newInstance();
  colors.addRGBPoint(0, 0, 0, 0);
  colors.addRGBPoint(1, 1, 0.2, 0.2);
  const opacity = vtkPiecewiseFunction.newInstance();
  opacity.addPoint(0, 0);
  opacity.addPoint(1, 0.4);
  viewport.addImages([
    {
      imageId: labelmap().imageId,
      actorUID: LABELMAP,
      callback: ({ imageActor }) => {
        const property = imageActor.getProperty();
        property.setRGBTransferFunction(0, colors);
        property.setScalarOpacity(0, opacity);
        property.setInterpolationTypeToNearest();
      },
    },
  ]);
  viewport.render();
}

/** Bring the slice's labels to the graphics card. */
function upload(): void {
  const { actor } = viewport.getActor(LABELMAP);
  const data = (actor as Types.ImageActor).getMapper().getInputData();
  data.setOrigin(plane().getOrigin());
  utilities.updateVTKImageDataWithCornerstoneImage(data, labelmap());
}

/** A round brush, as it is written into a labelmap. */
function paint(x: number, y: number): void {
  const world = viewport.canvasToWorld([x, y]);
  const [column = 0, row = 0] = utilities.transformWorldToIndex(plane(), world);
  const mask = labelmap();
  const scalars = labels(mask);
  for (let dy = -BRUSH_VOXELS; dy <= BRUSH_VOXELS; dy += 1) {
    for (let dx = -BRUSH_VOXELS; dx <= BRUSH_VOXELS; dx += 1) {
      if (dx * dx + dy * dy <= BRUSH_VOXELS * BRUSH_VOXELS) {
        scalars[(row + dy) * mask.columns + column + dx] = 1;
      }
    }
  }
}

addEventListener('pagehide', () => cache.purgeCache());
