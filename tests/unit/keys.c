#include "config.h"

#include "tests/unit/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/wire.h"

#define MESSAGE "to be signed\n"

/* ssh-keygen -t ed25519 -C ann@example.org */
const char private_key[] =
	"-----BEGIN OPENSSH PRIVATE KEY-----\n"
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gt"
	"ZW\n"
	"QyNTUxOQAAACDNqXDenbl8dWcAluKWPhxvmuAOZueGlfrX9IWFHJfAZAAAAJjLdmZhy3"
	"Zm\n"
	"YQAAAAtzc2gtZWQyNTUxOQAAACDNqXDenbl8dWcAluKWPhxvmuAOZueGlfrX9IWFHJfA"
	"ZA\n"
	"AAAECkbUCGSnt/ZGxjUM03K4LKubyViD8Cu0lhEVmAUku7G82pcN6duXx1ZwCW4pY+HG"
	"+a\n"
	"4A5m54aV+tf0hYUcl8BkAAAAD2FubkBleGFtcGxlLm9yZwECAwQFBg==\n"
	"-----END OPENSSH PRIVATE KEY-----\n";

/* ssh-keygen -Y sign -n git, with it and twice with an ECDSA key */
const char ed25519_sig[] =
	SIG_BEGIN
	"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgzalw3p25fHVnAJbilj4cb5rg"
	"Dm\n"
	"bnhpX61/SFhRyXwGQAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NT"
	"E5\n"
	"AAAAQN4wzUW05nJlSKZFk2yIkUjLEXCojwLZiQa87mC5s7l1CoK1ZxczAlTsGFXDcdHh"
	"a4\n"
	"SUwgxpKb+cueV8t7eQxgQ=\n"
	SIG_END;
const char low_sig[] =
	SIG_BEGIN
	"U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0"
	"cDI1NgAAAE\n"
	"EEAOr+wZOZ1Lj7ZSnHy57ktINMKE3DHAMajNB7eAc6zaM2TNo8pKuCxBVyG7"
	"beo0icSHRm\n"
	"kuaLOrdVWl8dvXQeEAAAAANnaXQAAAAAAAAABnNoYTUxMgAAAGMAAAATZWNk"
	"c2Etc2hhMi\n"
	"1uaXN0cDI1NgAAAEgAAAAgO8MBJjSugG4Vft7H5fYe2Kvi3AN9R0ozml10wK"
	"XnwXIAAAAg\n"
	"XzAlKPaySkG953ofMcp3xlVrBTSPmKgekH3UFDq01JU=\n"
	SIG_END;
const char high_sig[] =
	SIG_BEGIN
	"U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0"
	"cDI1NgAAAE\n"
	"EEAOr+wZOZ1Lj7ZSnHy57ktINMKE3DHAMajNB7eAc6zaM2TNo8pKuCxBVyG7"
	"beo0icSHRm\n"
	"kuaLOrdVWl8dvXQeEAAAAANnaXQAAAAAAAAABnNoYTUxMgAAAGQAAAATZWNk"
	"c2Etc2hhMi\n"
	"1uaXN0cDI1NgAAAEkAAAAgATee24aP56P4p6S40Bb+rpZb8XbNskBEC4F8A6"
	"IxI0IAAAAh\n"
	"ALxEdJNwZ4fICv0vjJy0as/xtLturf6cNx5YNT39XdN1\n"
	SIG_END;

const struct bytes signed_text = { MESSAGE, sizeof(MESSAGE) - 1 };
struct arena arena;
static char dir[] = "/tmp/ss-keys.XXXXXX";

void must(int ret, const struct err *err)
{
	if (ret)
		fail_msg("%s", err->text);
}

struct key_file keys_parsed(void)
{
	struct err err = ERR_INIT;
	struct key_file k;

	must(key_file_parse(&k, private_key, strlen(private_key), &err), &err);
	return k;
}

unsigned char *binary_of(const char *text, size_t *n)
{
	const char *begin = strchr(text, '\n') + 1;
	const char *end = strstr(begin, "-----END");
	struct buf b = BUF_INIT;
	unsigned char *p;

	must(wire_from_base64(&b, begin, (size_t)(end - begin)),
	     &(struct err){ .text = "no base64" });
	p = arena_memdup(&arena, b.ptr, b.len);
	*n = b.len;
	buf_release(&b);
	return p;
}

int keys_make(void **state)
{
	(void)state;
	return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

int keys_unmake(void **state)
{
	char command[100];

	(void)state;
	arena_release(&arena);
	snprintf(command, sizeof(command), "cd / && rm -rf %s", dir);
	return system(command);
}
