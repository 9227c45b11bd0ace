#!/usr/bin/env python3
"""A random history, and databases taken between its versions.

	dag.py SEED VERSIONS MOVES sqlite:FILE [postgres://...]

Versions add and drop tables and columns, and run data steps, each of which
writes its number into a log and takes it out again; branches are merged, into
each other too, versions are picked, and runs of them squashed.  Where there is
one database a step may use a table that the other side has dropped: it is
settled with one that does not.  Wherever a database is taken, its log must have
the steps of that version, each once, and its schema must not have drifted.  The
history is drawn as git draws it, the whole and that of a table.
"""
import json, os, random, sqlite3, subprocess, sys


def run(*args, ok=(0,)):
    p = subprocess.run(('schemastore',) + args, capture_output=True, text=True)
    if p.returncode not in ok:
        sys.exit('%s: exit %d: %s%s' % (' '.join(args), p.returncode, p.stdout,
                                        p.stderr))
    return p


class Log:
    """The log of a database: the numbers in it, sorted."""
    def __init__(self, url):
        self.url = url

    def read(self):
        if self.url.startswith('sqlite:'):
            db = sqlite3.connect(self.url[len('sqlite:'):])
            rows = [r[0] for r in db.execute('SELECT a FROM log ORDER BY a')]
            db.close()
            return rows
        out = subprocess.run(['psql', '-XqAt', '-d', self.url, '-c',
                              'SELECT a FROM log ORDER BY a'], check=True,
                             capture_output=True, text=True).stdout
        return [int(a) for a in out.split()]


class Branch:
    def __init__(self, name, tables, columns, steps):
        self.name = name
        self.tables, self.columns = set(tables), set(columns)
        self.steps = set(steps)

    def source(self):
        columns = ''.join(', c%d INT' % c for c in sorted(self.columns))
        text = 'CREATE TABLE log (a INT);\nCREATE TABLE t (id INT%s);\n' % \
            columns
        for t in sorted(self.tables):
            text += 'CREATE TABLE t%d (a INT);\n' % t
        return text


class History:
    def __init__(self, seed, settles):
        self.random = random.Random(seed)
        self.settles = settles      # are there steps that use a table?
        self.next = 0
        self.versions = []          # (id, its steps)
        self.alone = {}             # id -> the one step that it has of its own
        self.merges = self.picks = self.squashes = self.settled = 0
        first = Branch('main', (), (), ())
        self.branches = [first]
        self.now = None
        self.write(first)
        run('commit', '-q', '-m', 'start')
        self.note(first)
        self.now = 'main'

    def write(self, b):
        with open('schema.sql', 'w') as f:
            f.write(b.source())

    def note(self, b, step=None):
        ref = os.path.join('.schemastore', 'refs', 'heads', b.name)
        id = open(ref).read().strip()
        if not self.versions or id != self.versions[-1][0]:
            self.versions.append((id, frozenset(b.steps)))
            if step:
                self.alone[id] = step

    def go_to(self, b):
        if self.now != b.name:
            run('checkout', '-q', b.name)
            self.now = b.name

    def commit(self, b):
        n = self.next = self.next + 1
        args = ['commit', '-q', '-m', 'version %d' % n, '--no-rename']
        what = self.random.random()
        step = None
        if what < 0.3:
            b.columns.add(n)
        elif what < 0.5:
            b.tables.add(n)
        elif what < 0.6 and b.tables:
            b.tables.discard(self.random.choice(sorted(b.tables)))
        else:
            step = n
            if what < 0.7:
                b.columns.add(n)
            args += ['--data', 's%d=%s' % (n, self.texts(n,
                                                         sorted(b.tables)))]
            b.steps.add(n)
        self.go_to(b)
        self.write(b)
        run(*args, ok=(0, 1))
        self.note(b, step)

    def texts(self, n, tables=()):
        """A step's SQL; some use a table."""
        other = ''
        if self.settles and tables and self.random.random() < 0.5:
            other = '; DELETE FROM t%d' % self.random.choice(tables)
        with open('up.sql', 'w') as f:
            f.write('INSERT INTO log VALUES (%d)%s' % (n, other))
        with open('down.sql', 'w') as f:
            f.write('DELETE FROM log WHERE a = %d%s' % (n, other))
        return 'up.sql:down.sql'

    def settle(self):
        p = run('conflicts', '--json', ok=(4,))
        of = json.loads(p.stdout)['conflicts']
        parts = of.values() if isinstance(of, dict) else [of]
        nodes = {c['node'] for part in parts for c in part}
        for node in sorted(nodes):
            if not node.startswith('data step s'):
                sys.exit('a conflict: %s' % p.stdout)
            run('resolve', '-q', node, '--sql', self.texts(int(node[11:])))
            self.settled += 1
        run('merge', '-q', '--continue')

    def merge(self, b, other):
        self.go_to(b)
        if run('merge', '-q', other.name, ok=(0, 4)).returncode:
            self.settle()
        self.read(b)
        b.steps |= other.steps
        self.note(b)
        self.merges += 1

    def pick(self, b):
        id = self.random.choice(sorted(self.alone))
        step = self.alone[id]
        if step in b.steps:
            return
        self.go_to(b)
        if run('cherry-pick', '-q', id, ok=(0, 1, 4)).returncode == 4:
            return
        self.read(b)
        b.steps.add(step)
        self.note(b)
        self.picks += 1

    def squash(self, b):
        self.go_to(b)
        n = self.random.randrange(2, 6)
        p = run('squash', '-q', '-m', 'squashed %d' % n, 'HEAD~%d..' % n,
                ok=(0, 2))
        if p.returncode:
            return      # there are not so many
        self.note(b)
        self.squashes += 1

    def read(self, b):
        """What a merge made of the schema."""
        p = subprocess.run(['git', '-C', '.schemastore', 'ls-tree', '-r',
                            '--name-only', b.name, 'schema/sqlite/table/'],
                           capture_output=True, text=True, check=True)
        names = [os.path.basename(n) for n in p.stdout.split()]
        b.tables = {int(n[1:]) for n in names if n not in ('t', 'log')}
        p = subprocess.run(['git', '-C', '.schemastore', 'show', b.name +
                            ':schema/sqlite/table/t'], capture_output=True,
                           text=True, check=True)
        b.columns = {int(l.split()[1][1:]) for l in p.stdout.splitlines()
                     if l.startswith('  column c')}

    def grow(self):
        r = self.random
        b = r.choice(self.branches)
        what = r.random()
        if what < 0.08 and len(self.branches) < 6:
            name = 'b%d' % len(self.branches)
            self.go_to(b)
            run('branch', '-q', name)
            self.branches.append(Branch(name, b.tables, b.columns, b.steps))
        elif what < 0.25 and len(self.branches) > 1:
            self.merge(b, r.choice([o for o in self.branches if o is not b]))
        elif what < 0.32 and self.alone:
            self.pick(b)
        elif what < 0.37:
            self.squash(b)
        else:
            self.commit(b)


def compare_graphs(h):
    """log --graph with git's, line by line; returns how many.

    Of a table within a range git's answer hangs on the order of the commits'
    dates, which here are all alike.
    """
    git = ['git', '-C', '.schemastore', 'log', '--graph', '--oneline',
           '--abbrev=10', '--decorate']
    git += ['--decorate-refs=' + r for r in ('HEAD', 'refs/heads/*')]
    genesis = subprocess.run(['git', '-C', '.schemastore', 'rev-list',
                              '--max-parents=0', 'HEAD'], check=True,
                             capture_output=True, text=True).stdout.strip()
    tips = [b.name for b in h.branches]
    ranges = [tips] + [[a + '..' + b] for a in tips for b in tips[:2]]
    tables = ['t', 'log'] + ['t%d' % n for n in range(1, h.next, 20)]
    n = 0
    for words, table in [(w, None) for w in ranges] + [
            (tips, t) for t in tables]:
        theirs = ['--', 'schema/sqlite/table/' + table] if table else []
        ours = ['--', table] if table else []
        want = subprocess.run(git + words + ['^' + genesis] + theirs,
                              capture_output=True, text=True, check=True)
        got = run('log', '--graph', '--oneline', *words, *ours)
        if got.stdout != want.stdout:
            sys.exit('log --graph %s %s:\n%s\ngit:\n%s' % (
                words, table, got.stdout, want.stdout))
        n += got.stdout.count('\n')
    return n


def main():
    seed, versions, moves = map(int, sys.argv[1:4])
    urls = sys.argv[4:]
    h = History(seed, len(urls) == 1)
    while len(h.versions) < versions:
        h.grow()
    # The history is as a database's may be: packed.
    run('gc', '-q')
    for k in range(moves):
        id, steps = h.random.choice(h.versions)
        for url in urls:
            run('checkout', '-q', '--db', url, id, '--yes',
                '--allow-data-loss')
            got = Log(url).read()
            if got != sorted(steps):
                sys.exit('move %d, %s at %s: %s, not %s' % (k, url, id, got,
                                                            sorted(steps)))
            run('drift', '-q', url)
    run('fsck', '-q')
    print('%d lines drawn as git draws them' % compare_graphs(h))
    print('%d versions, %d merges, %d picks, %d squashes, %d steps, '
          '%d settled, %d moves' % (len(h.versions), h.merges, h.picks,
                                    h.squashes, len(h.alone), h.settled,
                                    moves))


if __name__ == '__main__':
    main()
