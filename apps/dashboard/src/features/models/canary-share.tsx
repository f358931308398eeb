import { Slider, Text } from '@mantine/core';

/** Shares of a canary: less is none, more is a promotion. */
const MIN_PERCENT = 1;
const MAX_PERCENT = 99;

export function CanaryShare({ percent, onChange }: { percent: number; onChange: (percent: number) => void }) {
  return (
    <div>
      <Text size="sm" fw={500}>
        {percent} % of the jobs
      </Text>
      <Slider
        min={MIN_PERCENT}
        max={MAX_PERCENT}
        value={percent}
        onChange={onChange}
        label={(value) => `${value} %`}
        marks={[10, 25, 50, 75].map((value) => ({ value, label: `${value} %` }))}
        thumbLabel="Percent of the jobs"
        mb="xl"
      />
    </div>
  );
}
