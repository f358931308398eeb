import { Code, Text } from '@mantine/core';
import { useState } from 'react';
import { DropFile } from '../../shared/drop-file.js';
import { Section } from '../../shared/page.js';
import { ProblemAlert } from '../../shared/problem.js';
import { type AblationReport, MAX_REPORT_BYTES, readAblationReport } from './ablation-report.js';
import { AblationTable } from './ablation-table.js';

/** What the terms of disentangled attention are good for: a report of the command line, shown here and sent nowhere. */
export function Ablation() {
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<AblationReport | null>(null);
  const [error, setError] = useState<unknown>(null);
  const open = async (chosen: File) => {
    setFile(chosen);
    setReport(null);
    setError(null);
    try {
      if (chosen.size > MAX_REPORT_BYTES)
        throw new Error('This file is too large for a report of ablations.');
      setReport(readAblationReport(await chosen.text()));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Section title="Ablations">
      <Text size="sm" c="dimmed">
        <Code>heddle evaluations ablate --model topic --dataset test.jsonl --json report.json</Code> measures
        a version without c2p, p2c and the mask decoder. Its report is shown here, and stays in this browser.
      </Text>
      <DropFile
        label="A report of ablations"
        accept=".json"
        file={file}
        onFile={(chosen) => void open(chosen)}
      />
      {error !== null && <ProblemAlert error={error} />}
      {report && <AblationTable report={report} />}
    </Section>
  );
}
