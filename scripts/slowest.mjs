/** Reporter of vitest: tells which spec files take longest, so that what a run grows by is seen in each. */
const SHOWN = 15;

export default class Slowest {
  onTestRunEnd(modules) {
    const files = modules.map((module) => ({
      name: module.relativeModuleId,
      group: module.project.name,
      seconds: secondsOf(module.diagnostic()),
    }));
    if (files.length <= 1) return;
    const total = (group) =>
      files.reduce((sum, file) => sum + (file.group === group ? file.seconds : 0), 0).toFixed(0);
    const groups = [...new Set(files.map(({ group }) => group))].sort();
    console.log(`\nSlowest of ${files.length} files, in seconds:`);
    for (const { name, group, seconds } of files.sort((a, b) => b.seconds - a.seconds).slice(0, SHOWN))
      console.log(`${seconds.toFixed(1).padStart(7)}  ${name} (${group})`);
    console.log(`All files: ${groups.map((group) => `${group} ${total(group)}`).join(', ')}`);
  }
}

/** Of imports, hooks and tests; without the start of the process that runs them. */
function secondsOf({ prepareDuration, collectDuration, setupDuration, duration }) {
  return (prepareDuration + collectDuration + setupDuration + duration) / 1000;
}
