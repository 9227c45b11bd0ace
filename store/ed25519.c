/*
 * Loading libsodium: 0.2 ms, that a command which signs nothing does not have.
 */
#include "config.h"

#include "store/ed25519.h"

#include <dlfcn.h>

#include <sodium.h>

#define SODIUM_FUNCTIONS(F) \
	F(init, sodium_init) \
	F(alloc, sodium_malloc) \
	F(free, sodium_free) \
	F(from_base64, sodium_base642bin) \
	F(to_base64, sodium_bin2base64) \
	F(from_seed, crypto_sign_seed_keypair) \
	F(sign, crypto_sign_detached) \
	F(verify, crypto_sign_verify_detached) \
	F(hash, crypto_generichash) \
	F(differ, sodium_memcmp)

_Static_assert(crypto_sign_SECRETKEYBYTES == ED25519_SECRET &&
	       crypto_sign_PUBLICKEYBYTES == ED25519_POINT &&
	       crypto_sign_SEEDBYTES == ED25519_SEED &&
	       crypto_sign_BYTES == ED25519_SIG, "Ed25519's sizes");

static struct {
#define SODIUM_MEMBER(name, function) __typeof__(function) *name;
	SODIUM_FUNCTIONS(SODIUM_MEMBER)
#undef SODIUM_MEMBER
	bool loaded;
} sodium;

static int load(struct err *err)
{
	void *lib;

	if (sodium.loaded)
		return 0;
	lib = dlopen(LIBSODIUM_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!lib) {
		err_set(err, ERR_IO, "cannot load libsodium: %s", dlerror());
		return err_hint(err, "install the package that has "
				LIBSODIUM_SONAME);
	}
#define SODIUM_LOAD(name, function) \
	*(void **)&sodium.name = dlsym(lib, #function); \
	if (!sodium.name) \
		return err_set(err, ERR_IO, "libsodium has no " #function);
	SODIUM_FUNCTIONS(SODIUM_LOAD)
#undef SODIUM_LOAD
	if (sodium.init() < 0)
		return err_set(err, ERR_IO, "libsodium does not start");
	sodium.loaded = true;
	return 0;
}

void *secret_new(size_t n, struct err *err)
{
	void *p;

	if (load(err))
		return NULL;
	p = sodium.alloc(n);
	if (p)
		memset(p, 0, n);
	else
		err_errno(err, "no memory for secrets");
	return p;
}

void secret_free(void *p)
{
	if (p)
		sodium.free(p);
}

int secret_base64(void *out, size_t *n, const char *text, size_t len)
{
	return sodium.from_base64(out, *n, text, len, " \t\r\n", n, NULL,
				  sodium_base64_VARIANT_ORIGINAL);
}

void secret_to_base64(char *out, size_t room, const void *p, size_t n)
{
	sodium.to_base64(out, room, p, n, sodium_base64_VARIANT_ORIGINAL);
}

void ed25519_from_seed(unsigned char *secret, const unsigned char *seed)
{
	unsigned char point[ED25519_POINT];

	sodium.from_seed(point, secret, seed);
}

void ed25519_sign(unsigned char sig[ED25519_SIG], const void *p, size_t n,
		  const unsigned char *secret)
{
	sodium.sign(sig, NULL, p, n, secret);
}

int mac_make(unsigned char out[MAC_LEN], const void *p, size_t n,
	     const unsigned char key[MAC_KEY], struct err *err)
{
	if (load(err))
		return -1;
	sodium.hash(out, MAC_LEN, p, n, key, MAC_KEY);
	return 0;
}

bool mac_equal(const unsigned char *a, const unsigned char *b)
{
	return !sodium.differ(a, b, MAC_LEN);
}

int ed25519_verify(const unsigned char sig[ED25519_SIG], const void *p,
		   size_t n, const unsigned char point[ED25519_POINT],
		   struct err *err)
{
	if (load(err))
		return -1;
	return !sodium.verify(sig, p, n, point);
}
