# A signed project of three versions, each of them in the database dev, and what
# there is then: good/ and good.db.keep; one.db is dev at the first.  Sourced
# where it is to be made.

echo 'CREATE TABLE a (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
cp app.db one.db
for table in b c
do
	echo "CREATE TABLE $table (id INTEGER PRIMARY KEY);" >>schema.sql
	schemastore commit -q -m "$(echo $table | sed s/b/two/\;s/c/three/)"
	schemastore upgrade -q
done
cp -R .schemastore good
cp app.db good.db.keep
project=$(schemastore verify --json | sed -n 's/^  "project": "\(.*\)",$/\1/p')
