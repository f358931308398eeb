import { type Alias, answerInfo } from '@heddle/client';
import { useQueryClient } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { Confirm } from '../../shared/confirm.js';
import { targetOf } from './alias-target.js';

/** Takes the canary or the shadow away; the rest of the alias stays. */
export function EndTrial({ alias, trial }: { alias: Alias; trial: 'canary' | 'shadow' }) {
  const queries = useQueryClient();
  const { model, name } = alias;
  const end = async () => {
    const { [trial]: _, ...rest } = targetOf(alias);
    const ifMatch = answerInfo(alias)?.etag ?? undefined;
    await client.aliases.set(model, name, rest, { ifMatch });
    await queries.invalidateQueries({ queryKey: ['alias', model] });
  };
  return (
    <Confirm verb={`End the ${trial}`} title={`End the ${trial} of ${name}?`} run={end} danger={false}>
      {trial === 'canary'
        ? `All jobs go to version ${alias.version_number} from then on.`
        : 'Nothing is compared any more. What was compared stays known.'}
    </Confirm>
  );
}
