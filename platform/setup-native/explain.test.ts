import { explainNpm, explainPip } from './explain.ts';

const WHAT = 'tensorflow-cpu 2.18.1';

test.each([
  [
    'another checksum',
    'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes.',
    'tensorflow-cpu 2.18.1 is not the file that was released',
  ],
  [
    'no network',
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(': Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')'\nERROR: No matching distribution found for tensorflow-cpu==2.18.1",
    'The Python package index cannot be reached for tensorflow-cpu 2.18.1',
  ],
  [
    'an index without the package',
    'ERROR: Could not find a version that satisfies the requirement tensorflow-cpu==2.18.1 (from versions: none)\nERROR: No matching distribution found',
    'The Python package index in use cannot be reached or does not have tensorflow-cpu 2.18.1',
  ],
  [
    'a full disk',
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
    'The disk filled up while tensorflow-cpu 2.18.1 was downloaded',
  ],
  ['anything else', 'ERROR: surprise', 'pip could not download tensorflow-cpu 2.18.1\nERROR: surprise'],
])('explainPip() recognises %s', (_, said, sentence) => {
  expect(explainPip(said, WHAT).message).toContain(sentence);
});

test.each([
  ['another checksum', 'npm error code EINTEGRITY', 'its checksum differs'],
  [
    'no network',
    'npm error code ENOTFOUND\nnpm error network request failed',
    'The npm registry cannot be reached',
  ],
  ['a registry without the package', 'npm error code E404', 'does not have all of tfjs'],
  ['a full disk', 'npm error code ENOSPC', 'The disk filled up while tfjs was installed'],
  ['anything else', 'npm error surprise', 'npm could not install tfjs\nnpm error surprise'],
])('explainNpm() recognises %s', (_, said, sentence) => {
  expect(explainNpm(said, 'tfjs').message).toContain(sentence);
});
