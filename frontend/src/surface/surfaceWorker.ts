import type { SurfaceAnswer, SurfaceOrder } from './SurfaceMessage';
import { SurfaceStore } from './SurfaceStore';

/** Makes surfaces beside the page, which goes on drawing meanwhile. */
let store: SurfaceStore | null = null;

function answer(message: SurfaceAnswer, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}

addEventListener('message', ({ data: order }: MessageEvent<SurfaceOrder>) => {
  switch (order.kind) {
    case 'begin':
      store = new SurfaceStore(order.affine);
      break;
    case 'slice':
      store?.put(order.z, order.part);
      break;
    case 'make':
      for (const [label, mesh] of store?.take() ?? []) {
        answer(
          { kind: 'surface', label, mesh },
          mesh
            ? [mesh.points.buffer, mesh.normals.buffer, mesh.triangles.buffer]
            : [],
        );
      }
      answer({ kind: 'made' });
      break;
  }
});
