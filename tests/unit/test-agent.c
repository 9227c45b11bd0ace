/*
 * Agents that lie: what comes back is a signature by the key that was asked
 * for, or an error.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ss/key.h"
#include "store/agent.h"
#include "store/key-file.h"
#include "store/wire.h"

#define SOCKET "agent"

static const struct bytes message = { "to be signed", 12 };
static struct arena arena;
static char dir[] = "/tmp/ss-agent.XXXXXX";

static void must(int ret, const struct err *err)
{
	if (ret)
		fail_msg("%s", err->text);
}

/* A process that hears one question and says what it is told to. */
static pid_t serve(const void *answer, size_t n)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), one;
	char question[4096];
	pid_t pid;

	unlink(SOCKET);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	if (!pid) {
		one = accept(fd, NULL, NULL);
		if (read(one, question, sizeof(question)) < 5 ||
		    write(one, answer, n) != (ssize_t)n)
			_exit(1);
		_exit(0);
	}
	close(fd);
	return pid;
}

static void served(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static const struct {
	const char *answer;
	size_t n;
	const char *says;
} answers[] = {
#define ANSWER(answer, says) { answer, sizeof(answer) - 1, says }
	ANSWER("", "hung up"),
	ANSWER("\0\0\0", "hung up"),
	ANSWER("\0\0\0\0", "cannot be understood"),
	ANSWER("\377\377\377\377", "cannot be understood"),
	ANSWER("\0\0\0\2\14", "hung up"),
	ANSWER("\0\0\0\1\5", "no list"),
	ANSWER("\0\0\0\1\14", "no list"),
	ANSWER("\0\0\0\5\14\377\377\377\377", "no list"),
	ANSWER("\0\0\0\11\14\0\0\0\1\0\0\0\7", "no list"),
	ANSWER("\0\0\0\6\14\0\0\0\0x", "no list"),
};

static void test_lists(void **state)
{
	struct agent_key *v;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct err err = ERR_INIT;
		pid_t pid = serve(answers[i].answer, answers[i].n);

		assert_int_equal(agent_list(&v, &n, SOCKET, &arena, &err), -1);
		if (!strstr(err.text, answers[i].says))
			fail_msg("answer %zu: %s", i, err.text);
		served(pid);
	}
}

/* An answer to "sign". */
static void try_signature(const struct key_file *k, const struct buf *sig,
			  const char *says)
{
	struct buf inside = BUF_INIT, frame = BUF_INIT;
	struct err err = ERR_INIT;
	struct sshsig got;
	pid_t pid;
	int ret;

	buf_addch(&inside, 14);
	wire_add_string(&inside, sig->ptr, sig->len);
	wire_add_string(&frame, inside.ptr, inside.len);
	pid = serve(frame.ptr, frame.len);
	ret = agent_sign(&got, SOCKET, &k->pub, &message, &arena, &err);
	served(pid);
	assert_int_equal(ret, says ? -1 : 0);
	if (says && !strstr(err.text, says))
		fail_msg("%s, not %s", err.text, says);
	buf_release(&inside);
	buf_release(&frame);
}

static void test_signs(void **state)
{
	struct key_places places = { .at = { [KEY_OWN] = "mine" } };
	struct key_file k, other;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct sshsig sig;
	struct key *key;

	(void)state;
	must(key_file_make(&k, "", &err) || key_file_make(&other, "", &err) ||
	     key_file_write(&k, "mine", &err), &err);
	assert_int_equal(key_find(&key, &places, &err), 1);
	must(key_sign(&sig, key, &message, &arena, &err), &err);
	key_close(key);
	buf_add(&b, sig.sig, sig.n);
	try_signature(&k, &b, NULL);
	try_signature(&other, &b, "a signature that is none");
	buf_truncate(&b, b.len - 1);
	try_signature(&k, &b, "no signature of that key");
	buf_truncate(&b, 0);
	try_signature(&k, &b, "no signature of that key");
	assert_int_equal(agent_sign(&sig, "nobody", &k.pub, &message, &arena,
				    &err), -1);
	buf_release(&b);
	key_file_release(&other);
	key_file_release(&k);
}

static int make(void **state)
{
	(void)state;
	return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static int unmake(void **state)
{
	char command[100];

	(void)state;
	arena_release(&arena);
	snprintf(command, sizeof(command), "cd / && rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_signs),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
