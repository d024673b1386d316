import { beforeEach, expect, test, vi } from 'vitest';
import { SpaceBar } from '../../src/panels/SpaceBar.svelte';
import type { ToolName } from '../../src/tools/ToolName';

const place = {
  viewer: { setPanning: vi.fn() },
  box: { tool: 'scribble' as ToolName },
  turns: { accept: vi.fn() },
};
let space: SpaceBar;

beforeEach(() => {
  vi.clearAllMocks();
  place.box.tool = 'scribble';
  space = new SpaceBar(place);
});

test('Space pans while it is held, and accepts when it is released', () => {
  space.hold(true);
  expect(place.viewer.setPanning).toHaveBeenLastCalledWith(true);
  expect(place.turns.accept).not.toHaveBeenCalled();
  space.hold(false);
  expect(place.viewer.setPanning).toHaveBeenLastCalledWith(false);
  expect(place.turns.accept).toHaveBeenCalledOnce();
});

test('a Space that was used, or released elsewhere, accepts nothing', () => {
  space.hold(true);
  space.use();
  space.hold(false);
  space.hold(true);
  space.letGo();
  expect(space.held).toBe(false);
  expect(place.turns.accept).not.toHaveBeenCalled();
});

test('the tool that pans goes on when Space is released', () => {
  place.box.tool = 'pan';
  space.hold(true);
  space.letGo();
  expect(place.viewer.setPanning).toHaveBeenLastCalledWith(true);
});
