create table t(id integer primary key autoincrement, a text not null default 'x', d int not null default 3, e); create index i on t(lower(a) desc) where e > 1;
create table c(id integer primary key, t_id int references t(id) on delete cascade, x int references t(id));
create trigger tr after insert on c begin update t set a = 1; end;
create view v as select * from t;
