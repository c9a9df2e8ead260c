// Makes the passwords that compose.yaml needs, each once: node deploy/make-secrets.mjs
// They are readable by every user of a container, as its processes run under different ids; the folder is not.
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), 'secrets');
mkdirSync(FOLDER, { recursive: true });
chmodSync(FOLDER, 0o700);

function keep(name, make) {
  const file = join(FOLDER, name);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const text = make();
  writeFileSync(file, text, { mode: 0o444 });
  chmodSync(file, 0o444); // whatever the umask
  process.stderr.write(`logster: made ${file}\n`);
  return text;
}

const password = () => randomBytes(24).toString('base64url');
keep('postgres_password', password);
keep('grafana_password', password);
const redis = keep('redis_password', password);
// Redis reads users from a file, with the hash of the password: none stands in a command line or an environment.
keep('redis_users', () => {
  const hash = createHash('sha256').update(redis).digest('hex');
  return `user default on #${hash} ~* &* +@all\nuser health on nopass -@all +ping\n`;
});
