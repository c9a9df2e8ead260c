import type { Activity } from '../scenario.ts';
import { behind, link, maybe, workFolder, write } from '../ways.ts';

/** A receiver of messages starts a program for each, as build servers do. */
const receiver: Activity = {
  name: 'receiver-of-messages',
  kind: 'web',
  often: 'weekly',
  as: 'either',
  needs: ['python3', 'node', 'php', 'curl'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const [port = 20_000] = place.ports;
    const at = draw.pick(['127.0.0.1', place.address]);
    const told = draw.pick(['date', 'git --version', 'uptime', 'ls -la', 'id', 'df -h /']);
    const { file, body, run } = draw.pick([
      {
        file: 'app.py',
        body: `import http.server, subprocess\nclass H(http.server.BaseHTTPRequestHandler):\n    def do_POST(self):\n        size = int(self.headers.get("content-length", 0))\n        open("${folder}/last", "ab").write(self.rfile.read(size))\n        out = subprocess.run("${told}", shell=True, capture_output=True).stdout\n        self.send_response(200); self.end_headers(); self.wfile.write(out)\n    do_GET = do_POST\nhttp.server.ThreadingHTTPServer(("${at}", ${port}), H).serve_forever()`,
        run: `python3 ${folder}/app.py`,
      },
      {
        file: 'app.js',
        body: `const { exec } = require("child_process");\nrequire("http").createServer((q, r) => {\n  q.resume();\n  exec("${told}", (e, out) => r.end(out));\n}).listen(${port}, "${at}");`,
        run: `node ${folder}/app.js`,
      },
      {
        file: 'index.php',
        body: `<?php\nfile_put_contents("${folder}/last", file_get_contents("php://input"), FILE_APPEND);\necho shell_exec("${told}");`,
        run: `php -S ${at}:${port} -t ${folder}`,
      },
      {
        file: 'index.php',
        body: `<?php\nif (isset($_FILES["f"])) move_uploaded_file($_FILES["f"]["tmp_name"], "${folder}/" . basename($_FILES["f"]["name"]));\necho "<form>", htmlspecialchars($_GET["q"] ?? ""), count(glob("${folder}/*")), "\\n";\nif (($_GET["q"] ?? "") === "status") system("${told}");`,
        run: `php -S ${at}:${port} -t ${folder}`,
      },
    ]);
    const url = `http://${at}:${port}/`;
    return [
      `mkdir -p ${folder}`,
      write(draw, `${folder}/${file}`, body),
      behind(draw, run),
      'sleep 1',
      ...Array.from({ length: draw.int(2, 6) }, () =>
        draw.pick([
          `curl -s ${url}`,
          `curl -s -d 'branch=${draw.word()}&by=${place.user}' ${url}`,
          `curl -s "${url}?q=${draw.pick(['status', draw.word()])}"`,
          `curl -s -F f=@/etc/hostname ${url}`,
          `curl -s -X POST -H 'Content-Type: application/json' -d '{"ref":"${draw.word()}"}' ${url}`,
        ]),
      ),
      ...maybe(draw, 0.5, draw.pick([`ls -la ${folder}`, `tail -3 ${folder}/last`, 'ss -tlnp | tail -3'])),
      `pkill -f ${folder}`,
      ...maybe(draw, 0.6, `rm -rf ${folder}`),
    ];
  },
};

/** nginx stands before an application, with a certificate of its own. */
const proxy: Activity = {
  name: 'proxy-before-application',
  kind: 'web',
  often: 'weekly',
  as: 'root',
  needs: ['nginx', 'openssl', 'curl', 'python3'],
  lines: (draw, place) => {
    const name = draw.word();
    const base = `/etc/nginx/${draw.pick(['sites', 'own', 'conf.d'])}-${name}`;
    const [front = 20_000, back = 20_001, plain = 20_002] = place.ports;
    return [
      `mkdir -p ${base} /var/www/${name}; openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=${name}.example.net -keyout ${base}/key.pem -out ${base}/cert.pem 2>/dev/null; chmod 600 ${base}/key.pem`,
      write(
        draw,
        `${base}/nginx.conf`,
        `user www-data;\nworker_processes 1;\npid /run/${name}.pid;\nerror_log /var/log/nginx/${name}.err;\nevents { worker_connections 64; }\nhttp {\n  access_log /var/log/nginx/${name}.log;\n  server {\n    listen ${place.address}:${front} ssl;\n    ssl_certificate ${base}/cert.pem;\n    ssl_certificate_key ${base}/key.pem;\n    location / { proxy_pass http://127.0.0.1:${back}; }\n  }\n  server { listen ${plain}; root /var/www/${name}; }\n}`,
      ),
      `echo '<h1>${name}</h1>' > /var/www/${name}/index.html; chown -R www-data /var/www/${name}`,
      behind(draw, `python3 -m http.server ${back} --bind 127.0.0.1 -d /var/www/${name}`),
      `nginx -t -c ${base}/nginx.conf && nginx -c ${base}/nginx.conf`,
      `for i in $(seq ${draw.int(2, 8)}); do curl -sk -o /dev/null -w '%{http_code} ' https://${place.address}:${front}/; done`,
      ...draw.some(
        [
          `curl -s http://127.0.0.1:${plain}/`,
          `echo | openssl s_client -connect ${place.address}:${front} 2>/dev/null | openssl x509 -noout -dates`,
          `sed -i 's/worker_connections 64/worker_connections 128/' ${base}/nginx.conf; nginx -c ${base}/nginx.conf -s reload`,
          `tail -2 /var/log/nginx/${name}.log`,
          `curl -sI http://127.0.0.1:${plain}/none | head -1`,
          `printf '<?php echo 1;' > /var/www/${name}/a.php; ls -la /var/www/${name}`,
          `kill -USR1 $(cat /run/${name}.pid)`,
        ],
        draw.int(2, 5),
      ),
      `nginx -c ${base}/nginx.conf -s ${draw.pick(['stop', 'quit'])}; pkill -f 'http.server ${back}'`,
      ...maybe(draw, 0.5, `rm -rf ${base}`),
    ];
  },
};

/** Keys in a store are written, kept on disk and read back. */
const store: Activity = {
  name: 'store-kept-and-restored',
  kind: 'database',
  often: 'weekly',
  as: 'either',
  needs: ['redis-server', 'redis-cli'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const [port = 20_000] = place.ports;
    const cli = `redis-cli -p ${port}`;
    return [
      `mkdir -p ${folder}; redis-server --port ${port} --bind 127.0.0.1 --daemonize yes --dir ${folder} --pidfile ${folder}/pid > /dev/null; sleep 1`,
      draw.pick([
        `for i in $(seq ${draw.int(4, 20)}); do echo "set ${draw.word()}:$i $RANDOM"; done | ${cli} > /dev/null`,
        `seq ${draw.int(10, 200)} | sed 's/.*/lpush queue &/' | ${cli} | tail -1`,
        `${cli} hset ${draw.word()} name ${draw.word()} age ${draw.int(1, 99)}; ${cli} expire ${draw.word()} 60`,
      ]),
      ...draw.some(
        [
          `${cli} config set dbfilename ${draw.word()}.rdb; ${cli} save`,
          `${cli} config set dir ${draw.pick(['/tmp', '/var/tmp', folder])}`,
          `${cli} config get '*dir*'`,
          `${cli} info memory | head -4`,
          `${cli} --scan | head -5`,
          `${cli} client list`,
          `${cli} bgsave; sleep 1; ls -la ${folder}`,
          `cp ${folder}/*.rdb ${folder}/../ 2>/dev/null`,
          `${cli} eval 'return redis.call("dbsize")' 0`,
          `${cli} flushall`,
          `${cli} config set requirepass ''`,
        ],
        draw.int(3, 6),
      ),
      draw.pick([`${cli} shutdown nosave`, `kill $(cat ${folder}/pid)`, `${cli} shutdown save`]),
      ...maybe(draw, 0.6, `rm -rf ${folder}`),
    ];
  },
};

/** Tables are brought in, asked, dumped and carried off. */
const tables: Activity = {
  name: 'database-dumped-and-carried',
  kind: 'database',
  often: 'weekly',
  as: 'either',
  needs: ['sqlite3', 'python3', 'gzip', 'curl', 'openssl'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const base = `${folder}/${draw.word()}.${draw.pick(['db', 'sqlite', 'sqlite3'])}`;
    const name = draw.pick(['customers', 'orders', 'users', 'events', 'stock']);
    const dump = `${folder}/${name}-$(date +%F).sql`;
    return [
      `mkdir -p ${folder}`,
      draw.pick([
        `seq ${draw.int(20, 300)} | awk '{print $1",${draw.word()}"$1","rand()}' > ${folder}/in.csv; sqlite3 ${base} 'create table ${name}(id, name, amount)' '.mode csv' '.import ${folder}/in.csv ${name}'`,
        `python3 -c "import sqlite3; c=sqlite3.connect('${base}'); c.execute('create table ${name}(id, name, amount)'); c.executemany('insert into ${name} values(?,?,?)', ((i, '${draw.word()}', i*${draw.int(2, 9)}) for i in range(${draw.int(20, 400)}))); c.commit()"`,
        `sqlite3 ${base} <<'END'\ncreate table ${name}(id integer primary key, name text, amount real);\ninsert into ${name}(name, amount) values('${draw.word()}', ${draw.int(1, 99)}), ('${draw.word()}', ${draw.int(1, 99)});\nEND`,
      ]),
      `sqlite3 ${base} 'select count(*), max(amount) from ${name}'`,
      ...draw.some(
        [
          `sqlite3 ${base} .dump > ${dump}; gzip -f ${dump}`,
          `sqlite3 ${base} ".backup ${folder}/copy.db"; sqlite3 ${folder}/copy.db 'pragma integrity_check'`,
          `sqlite3 -header -csv ${base} 'select * from ${name}' > ${folder}/out.csv; head -2 ${folder}/out.csv`,
          `sqlite3 ${base} .dump | gzip | curl -s -T - ${link(draw, place, '')}`,
          `sqlite3 ${base} 'update ${name} set amount = 0 where id > 10; delete from ${name} where id > 20; vacuum'`,
          `sqlite3 ${base} .dump | openssl enc -aes-256-cbc -pbkdf2 -k ${draw.word()} > ${folder}/a.enc`,
          `sqlite3 ${base} 'drop table ${name}'`,
          `sqlite3 ${base} .schema; chmod 600 ${base}`,
          `curl -s -F f=@${base} ${link(draw, place, '')}`,
        ],
        draw.int(2, 5),
      ),
      `ls -la ${folder}`,
      ...maybe(draw, 0.5, `rm -rf ${folder}`),
    ];
  },
};

export const SERVING: readonly Activity[] = [receiver, proxy, store, tables];
