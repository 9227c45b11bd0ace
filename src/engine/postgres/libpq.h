/*
 * libpq, loaded when a server is first needed: to link it costs every start
 * three milliseconds.  pq.exec() is PQexec(), and so on.
 */
#ifndef ENGINE_POSTGRES_LIBPQ_H
#define ENGINE_POSTGRES_LIBPQ_H

#include <libpq-fe.h>

#include "ss/err.h"

#define PQ_FUNCTIONS(F) \
	F(connect, PQconnectdbParams) \
	F(status, PQstatus) \
	F(finish, PQfinish) \
	F(error, PQerrorMessage) \
	F(transaction_status, PQtransactionStatus) \
	F(server_version, PQserverVersion) \
	F(parameter, PQparameterStatus) \
	F(host, PQhost) \
	F(port, PQport) \
	F(db, PQdb) \
	F(user, PQuser) \
	F(backend_pid, PQbackendPID) \
	F(exec, PQexec) \
	F(exec_params, PQexecParams) \
	F(send, PQsendQuery) \
	F(send_params, PQsendQueryParams) \
	F(get_cancel, PQgetCancel) \
	F(cancel, PQcancel) \
	F(free_cancel, PQfreeCancel) \
	F(socket, PQsocket) \
	F(consume, PQconsumeInput) \
	F(is_busy, PQisBusy) \
	F(get_result, PQgetResult) \
	F(result_status, PQresultStatus) \
	F(result_field, PQresultErrorField) \
	F(result_error, PQresultErrorMessage) \
	F(cmd_tuples, PQcmdTuples) \
	F(clear, PQclear) \
	F(ntuples, PQntuples) \
	F(nfields, PQnfields) \
	F(fname, PQfname) \
	F(ftype, PQftype) \
	F(getvalue, PQgetvalue) \
	F(getlength, PQgetlength) \
	F(getisnull, PQgetisnull) \
	F(unescape_bytea, PQunescapeBytea) \
	F(freemem, PQfreemem) \
	F(notice_receiver, PQsetNoticeReceiver)

struct pq {
#define PQ_MEMBER(name, function) __typeof__(function) *name;
	PQ_FUNCTIONS(PQ_MEMBER)
#undef PQ_MEMBER
};
extern struct pq pq;

/* Before anything of it is called; ERR_ENGINE with a hint. */
int pq_load(struct err *err) MUST_CHECK;

#endif
