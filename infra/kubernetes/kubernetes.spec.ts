import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '@heddle/config';
import { pythonWith } from '@heddle/testing';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const python = await pythonWith('kubernetes-validate==1.37.0');
/** Prints what Kubernetes's own schemas have against the documents. */
const VALIDATE = `
import json, sys, kubernetes_validate
for document in json.loads(sys.argv[1]):
    try: kubernetes_validate.validate(document, '1.37', strict=True)
    except kubernetes_validate.ValidationError as error:
        print(document['kind'], document['metadata']['name'], error.message, list(error.path))
`;

interface Probe {
  httpGet: { path: string; port: string };
}
interface PodSpec {
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext: { runAsNonRoot: boolean; runAsUser: number };
  containers: {
    name: string;
    image: string;
    args: string[];
    env?: { name: string; value: string }[];
    ports?: { name: string; containerPort: number }[];
    securityContext: { readOnlyRootFilesystem: boolean; allowPrivilegeEscalation: boolean };
    startupProbe?: Probe;
    readinessProbe?: Probe;
    livenessProbe?: Probe;
    lifecycle?: { preStop: { exec: { command: string[] } } };
    volumeMounts: { mountPath: string }[];
    resources: { requests: object; limits: object };
  }[];
}
type Labels = Record<string, string>;
interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec: {
    template: { metadata: { labels: Labels }; spec: PodSpec };
    selector: { matchLabels: Labels };
    podSelector: { matchLabels?: Labels };
    scaleTargetRef: { name: string };
    replicas?: number;
    triggers: { metadata: Record<string, string>; authenticationRef: { name: string } }[];
  };
}

const { resources, images } = parse(await readFile(join(HERE, 'kustomization.yaml'), 'utf8')) as {
  resources: string[];
  images: { name: string }[];
};
const manifests: Manifest[] = [];
for (const name of resources) {
  for (const document of parseAllDocuments(await readFile(join(HERE, name), 'utf8'))) {
    expect(document.errors, name).toEqual([]);
    manifests.push(document.toJS() as Manifest);
  }
}
const of = (...kinds: string[]) => manifests.filter(({ kind }) => kinds.includes(kind));
const workloads = of('Deployment', 'Job');
const settings = of('ConfigMap')[0]!.data!;

describe('manifests of Kubernetes', () => {
  it('are all in the kustomization', async () => {
    const files = (await readdir(HERE)).filter(
      (name) => name.endsWith('.yaml') && name !== 'kustomization.yaml',
    );
    expect(resources.toSorted()).toEqual(files.toSorted());
    expect(new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).size).toBe(
      manifests.length,
    );
  });

  it.skipIf(!python)('hold against the schemas of Kubernetes', async () => {
    const own = manifests.filter(({ apiVersion }) => !apiVersion.startsWith('keda.sh/'));
    expect(await python!.run(VALIDATE, JSON.stringify(own))).toBe('');
    const broken = { ...of('Service')[0]!, spec: { ...of('Service')[0]!.spec, prots: [] } };
    expect(await python!.run(VALIDATE, JSON.stringify([broken]))).toContain('prots');
  });

  it('hold against the schemas of KEDA, and scale what there is', () => {
    const [authentication, scaled] = [of('TriggerAuthentication')[0]!, of('ScaledObject')[0]!];
    new TriggerAuthentication(
      authentication as object as ConstructorParameters<typeof TriggerAuthentication>[0],
    ).validate();
    new ScaledObject(scaled as object as ConstructorParameters<typeof ScaledObject>[0]).validate();
    const target = workloads.find(({ metadata }) => metadata.name === scaled.spec.scaleTargetRef.name)!;
    // A number there would be set again by every apply.
    expect(target.spec.replicas).toBeUndefined();
    for (const { metadata, authenticationRef } of scaled.spec.triggers) {
      expect(authenticationRef.name).toBe(authentication.metadata.name);
      expect(new URL(metadata.url!).pathname).toBe('/v1/queues');
      expect(metadata.valueLocation).toMatch(/desired_workers$/);
    }
  });

  it.each(workloads.map((workload) => [workload.metadata.name, workload] as const))(
    'run %s as little as can be',
    (_, { spec }) => {
      const { spec: pod, metadata } = spec.template;
      expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      for (const { securityContext, volumeMounts, image, env = [] } of pod.containers) {
        expect(securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
        });
        expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual([settings.HEDDLE_DATA_DIR, '/tmp']);
        expect(images.map(({ name }) => name)).toContain(image);
        const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
        // Throws for a setting that does not exist.
        readEnvironment({ ...settings, ...own, HEDDLE_DATABASE_URL: 'postgres://db/heddle' });
      }
      expect(metadata.labels).toMatchObject(spec.selector?.matchLabels ?? {});
    },
  );

  it.each(of('Deployment').map((deployment) => [deployment.metadata.name, deployment] as const))(
    'ask %s for probes that it has, and give it time to stop',
    async (_, { spec }) => {
      const { containers, terminationGracePeriodSeconds } = spec.template.spec;
      const [{ name, ports, args, lifecycle, ...container }] = containers as [PodSpec['containers'][0]];
      const port = {
        api: '8080',
        dispatcher: settings.HEDDLE_DISPATCHER_METRICS_PORT,
        worker: settings.HEDDLE_WORKER_METRICS_PORT,
      }[name];
      expect(ports!.map(({ containerPort }) => String(containerPort))).toEqual([port]);
      const paths = [container.startupProbe, container.readinessProbe, container.livenessProbe].map(
        (probe) => {
          expect(probe!.httpGet.port).toBe(ports![0]!.name);
          return probe!.httpGet.path;
        },
      );
      expect(paths).toEqual(['/healthz', name === 'api' ? '/healthz' : '/readyz', '/healthz']);
      expect(args).toEqual([`apps/${name}/dist/main.js`]);
      const drainS = readEnvironment({ ...settings }).HEDDLE_DRAIN_MS / 1000;
      const preStopS = Number(lifecycle?.preStop.exec.command[1] ?? 0);
      // 3 s for what a drain aborts, and as long again to close everything.
      expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainS + preStopS + 6);
    },
  );

  it('let a voluntary disruption take no kind of process away', () => {
    const kinds = of('PodDisruptionBudget').map(
      ({ spec }) => spec.selector.matchLabels['app.kubernetes.io/component'],
    );
    expect(kinds.toSorted()).toEqual(['api', 'dispatcher', 'worker']);
  });

  it('deny what no policy allows, and every policy is about pods that there are', () => {
    const policies = of('NetworkPolicy');
    expect(policies[0]).toMatchObject({ spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } });
    expect(policies[0]!.spec).not.toHaveProperty('egress');
    for (const { metadata, spec } of policies) {
      const wanted = Object.entries(spec.podSelector.matchLabels ?? {});
      const meant = workloads.filter(({ spec: { template } }) =>
        wanted.every(([label, value]) => template.metadata.labels[label] === value),
      );
      expect(meant.length, metadata.name).toBeGreaterThan(0);
    }
  });
});
