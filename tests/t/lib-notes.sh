# Data steps that write names into a log: what was run, where, and how often.

# note NAME: a version whose step writes its name down, and takes it back.
note () {
	echo "INSERT INTO log (a) VALUES ('$1')" >"$1.sql"
	echo "DELETE FROM log WHERE a = '$1'" >"$1.back"
	schemastore commit -q -m "$1" --data "$1=$1.sql:$1.back"
}

to () {
	schemastore checkout -q "$1"
	git -C .schemastore show HEAD:source/schema.sql >schema.sql
}

# notes ENGINES DB...: a project with a log, a branch topic, and the databases
# at its first version; $new_database makes one and says its $url.
notes () {
	rm -rf p
	mkdir p
	cd p
	echo "CREATE TABLE log (a TEXT);" >schema.sql
	schemastore init -q --engine "$1"
	shift
	schemastore commit -q -m log
	schemastore branch -q topic
	for db
	do
		url=sqlite:$db.db
		${new_database:-:} "$db"
		schemastore config "database.$db.url" "$url"
		schemastore upgrade -q "$db"
	done
}

# column_b: here the column is called b; ours has that.
column_b () {
	echo "CREATE TABLE log (b TEXT);" >schema.sql
	schemastore commit -q -m b --rename log.a=b
	schemastore upgrade -q ours
}

# once DB STEP...: these and no others are in its ledger, each run once more
# than it was undone, by the id that they count by.
once () {
	git -C .schemastore log --format=%B "refs/schemastore/ledger/$1" |
		sed -n 's/^Schemastore-Step: //p' |
		awk '{ n[$4 ? $4 : $1] += $2 == "up" ? 1 : -1 }
			END { for (id in n) if (n[id]) print id, n[id] }' |
		sort >got
	shift
	for step
	do
		{
			cat "$step.sql"
			printf '\0'
			cat "$step.back"
		} | sha256sum | sed 's/ .*/ 1/'
	done | sort >want
	test_cmp want got
}
