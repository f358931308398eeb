import { useComputedColorScheme } from '@mantine/core';
import { memo, useEffect, useRef } from 'react';
import styles from './attention.module.css';
import { paint, type Range } from './palette.js';

interface MatrixCanvasProps {
  /** n × n, row-major. */
  numbers: Float32Array;
  n: number;
  range: Range;
}

/** A matrix as a picture of n × n pixels, as large as its place; drawn anew only when it is another one. */
export const MatrixCanvas = memo(function MatrixCanvas({ numbers, n, range }: MatrixCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme();
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || n === 0) return;
    const image = context.createImageData(n, n);
    paint(image.data, numbers, range, scheme);
    context.putImageData(image, 0, 0);
  }, [numbers, n, range, scheme]);
  return <canvas ref={canvas} width={n} height={n} className={styles.canvas} />;
});
