import { MAX_NESTING, MAX_TREE_VALUES } from './limits.js';

interface Size {
  values: number;
  /** Containers inside one another, the outermost included. */
  height: number;
}
/** A container whose children are being counted. */
interface Frame extends Size {
  container: object;
  children: Iterator<unknown>;
}

const LEAF: Size = { values: 1, height: 0 };

/**
 * Refuses a value that contains itself, is nested deeply, or unfolds to more than `MAX_TREE_VALUES` values
 * where shared parts count at each place. Afterwards a plain recursive walk over it is harmless. Takes time
 * in proportion to the value itself, and no stack.
 */
export function requireSmallTree(root: unknown, refuse: (reason: string) => never): void {
  const counted = new Map<object, Size>();
  const open = new Set<object>();
  const path: Frame[] = [];
  enter(root);
  while (path.length > 0) {
    const frame = path.at(-1)!;
    const next = frame.children.next();
    if (!next.done) {
      enter(next.value);
      continue;
    }
    path.pop();
    open.delete(frame.container);
    counted.set(frame.container, { values: frame.values, height: frame.height });
    add(frame);
  }

  /** Counts a leaf or a container that was counted before, or opens a new container. */
  function enter(value: unknown): void {
    const isContainer = Array.isArray(value) || value instanceof Map;
    const known = isContainer ? counted.get(value) : LEAF;
    const height = path.length + (known?.height ?? 1);
    if (height > MAX_NESTING) refuse(`more than ${MAX_NESTING} containers inside one another`);
    if (known !== undefined) add(known);
    else if (isContainer) descend(value);
  }

  function descend(container: unknown[] | Map<unknown, unknown>): void {
    if (open.has(container)) refuse('a container holds itself');
    open.add(container);
    path.push({ container, children: container.values(), values: 1, height: 1 });
  }

  function add({ values, height }: Size): void {
    const parent = path.at(-1);
    if (parent === undefined) return;
    parent.values += values;
    parent.height = Math.max(parent.height, height + 1);
    if (parent.values > MAX_TREE_VALUES) refuse(`it unfolds to more than ${MAX_TREE_VALUES} values`);
  }
}
