// SPDX-License-Identifier: GPL-2.0-only
/*
 * ECDSA over P-384 with SHA-384: FIPS 186-4, chapter 6; the curve of its appendix D.1.2.4.
 *
 * For an emulator's test keys: simple, and neither fast nor safe against who measures its time.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "hw/i386/sev-ecdsa.h"

#define WORDS	6		/* of 64 bits, the lowest first */
#define BYTES	(WORDS * 8)

typedef struct Number {
	uint64_t w[WORDS];
} Number;

/* Modulo a prime; numbers are in Montgomery's form: times 2^384. */
typedef struct Field {
	Number prime;
	uint64_t inverse;	/* -1 / prime mod 2^64 */
	Number square;		/* 2^768 mod prime */
} Field;

/* In Jacobian coordinates; z is 0 for the point at infinity. */
typedef struct Point {
	Number x, y, z;
} Point;

static const Number prime = { {
	0x00000000ffffffff, 0xffffffff00000000, 0xfffffffffffffffe,
	0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
} };

static const Number order = { {
	0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf,
	0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
} };

static const Number curve_b = { {
	0x2a85c8edd3ec2aef, 0xc656398d8a2ed19d, 0x0314088f5013875a,
	0x181d9c6efe814112, 0x988e056be3f82d19, 0xb3312fa7e23ee7e4,
} };

static const Number base_x = { {
	0x3a545e3872760ab7, 0x5502f25dbf55296c, 0x59f741e082542a38,
	0x6e1d3b628ba79b98, 0x8eb1c71ef320ad74, 0xaa87ca22be8b0537,
} };

static const Number base_y = { {
	0x7a431d7c90ea0e5f, 0x0a60b1ce1d7e819d, 0xe9da3113b5f0b8c0,
	0xf8f41dbd289a147c, 0x5d9e98bf9292dc29, 0x3617de4a96262c6f,
} };

static Field field, scalars;	/* modulo the prime, and modulo the order */
static Number one, three, b_form;
static Point base;

static bool is_zero(const Number *a)
{
	return buffer_is_zero(a, sizeof(*a));
}

static int compare(const Number *a, const Number *b)
{
	for (int i = WORDS - 1; i >= 0; i--) {
		if (a->w[i] != b->w[i])
			return a->w[i] < b->w[i] ? -1 : 1;
	}
	return 0;
}

static uint64_t add_raw(Number *r, const Number *a, const Number *b)
{
	unsigned __int128 sum = 0;

	for (int i = 0; i < WORDS; i++) {
		sum = (sum >> 64) + a->w[i] + b->w[i];
		r->w[i] = sum;
	}
	return sum >> 64;
}

static uint64_t subtract_raw(Number *r, const Number *a, const Number *b)
{
	uint64_t borrow = 0;

	for (int i = 0; i < WORDS; i++) {
		unsigned __int128 difference = (unsigned __int128)a->w[i] - b->w[i] - borrow;

		r->w[i] = difference;
		borrow = difference >> 64 & 1;
	}
	return borrow;
}

static void add(const Field *f, Number *r, const Number *a, const Number *b)
{
	if (add_raw(r, a, b) || compare(r, &f->prime) >= 0)
		subtract_raw(r, r, &f->prime);
}

static void subtract(const Field *f, Number *r, const Number *a, const Number *b)
{
	if (subtract_raw(r, a, b))
		add_raw(r, r, &f->prime);
}

/* Montgomery's product: a * b / 2^384. */
static void multiply(const Field *f, Number *r, const Number *a, const Number *b)
{
	uint64_t t[WORDS + 2] = {};
	Number result;

	for (int i = 0; i < WORDS; i++) {
		unsigned __int128 carry = 0;
		uint64_t factor;

		for (int j = 0; j < WORDS; j++) {
			carry = (carry >> 64) + (unsigned __int128)a->w[j] * b->w[i] + t[j];
			t[j] = carry;
		}
		carry = (carry >> 64) + t[WORDS];
		t[WORDS] = carry;
		t[WORDS + 1] = carry >> 64;
		factor = t[0] * f->inverse;
		carry = ((unsigned __int128)factor * f->prime.w[0] + t[0]) >> 64 << 64;
		for (int j = 1; j < WORDS; j++) {
			carry = (carry >> 64) + (unsigned __int128)factor * f->prime.w[j] + t[j];
			t[j - 1] = carry;
		}
		carry = (carry >> 64) + t[WORDS];
		t[WORDS - 1] = carry;
		t[WORDS] = t[WORDS + 1] + (uint64_t)(carry >> 64);
	}
	memcpy(result.w, t, sizeof(result.w));
	if (t[WORDS] || compare(&result, &f->prime) >= 0)
		subtract_raw(&result, &result, &f->prime);
	*r = result;
}

static void field_setup(Field *f, const Number *modulus)
{
	Number power = { { 1 } };

	*f = (Field) { .prime = *modulus, .inverse = 1 };
	for (int i = 0; i < 6; i++)
		f->inverse *= 2 - modulus->w[0] * f->inverse;
	f->inverse = -f->inverse;
	for (int i = 0; i < 2 * 64 * WORDS; i++)
		add(f, &power, &power, &power);
	f->square = power;
}

static void to_form(const Field *f, Number *r, const Number *a)
{
	multiply(f, r, a, &f->square);
}

static void from_form(const Field *f, Number *r, const Number *a)
{
	const Number unit = { { 1 } };

	multiply(f, r, a, &unit);
}

/* By Fermat: to the power of prime - 2. */
static void invert(const Field *f, Number *r, const Number *a)
{
	const Number two = { { 2 } }, unit = { { 1 } };
	Number exponent, result;

	subtract_raw(&exponent, &f->prime, &two);
	to_form(f, &result, &unit);
	for (int i = 64 * WORDS - 1; i >= 0; i--) {
		multiply(f, &result, &result, &result);
		if (exponent.w[i / 64] >> i % 64 & 1)
			multiply(f, &result, &result, a);
	}
	*r = result;
}

static void setup(void)
{
	const Number unit = { { 1 } };

	if (field.inverse)
		return;
	field_setup(&field, &prime);
	field_setup(&scalars, &order);
	to_form(&field, &one, &unit);
	add(&field, &three, &one, &one);
	add(&field, &three, &three, &one);
	to_form(&field, &b_form, &curve_b);
	to_form(&field, &base.x, &base_x);
	to_form(&field, &base.y, &base_y);
	base.z = one;
}

/* x = X/Z^2, y = Y/Z^3; the curve's a is -3. */
static void point_double(Point *r, const Point *p)
{
	Number delta, gamma, beta, alpha, t, x, y, z;

	multiply(&field, &delta, &p->z, &p->z);
	multiply(&field, &gamma, &p->y, &p->y);
	multiply(&field, &beta, &p->x, &gamma);
	subtract(&field, &t, &p->x, &delta);
	add(&field, &alpha, &p->x, &delta);
	multiply(&field, &alpha, &alpha, &t);
	multiply(&field, &alpha, &alpha, &three);
	add(&field, &beta, &beta, &beta);
	add(&field, &beta, &beta, &beta);		/* 4 beta */
	multiply(&field, &x, &alpha, &alpha);
	subtract(&field, &x, &x, &beta);
	subtract(&field, &x, &x, &beta);
	add(&field, &z, &p->y, &p->z);
	multiply(&field, &z, &z, &z);
	subtract(&field, &z, &z, &gamma);
	subtract(&field, &z, &z, &delta);
	subtract(&field, &t, &beta, &x);
	multiply(&field, &y, &alpha, &t);
	multiply(&field, &t, &gamma, &gamma);
	for (int i = 0; i < 3; i++)
		add(&field, &t, &t, &t);		/* 8 gamma^2 */
	subtract(&field, &y, &y, &t);
	*r = (Point) { x, y, z };
}

static void point_add(Point *r, const Point *p, const Point *q)
{
	Number z1, z2, u1, u2, s1, s2, h, h2, h3, t, x, y, z;

	if (is_zero(&p->z) || is_zero(&q->z)) {
		*r = is_zero(&p->z) ? *q : *p;
		return;
	}
	multiply(&field, &z1, &p->z, &p->z);
	multiply(&field, &z2, &q->z, &q->z);
	multiply(&field, &u1, &p->x, &z2);
	multiply(&field, &u2, &q->x, &z1);
	multiply(&field, &t, &z2, &q->z);
	multiply(&field, &s1, &p->y, &t);
	multiply(&field, &t, &z1, &p->z);
	multiply(&field, &s2, &q->y, &t);
	if (!compare(&u1, &u2)) {
		if (compare(&s1, &s2))
			*r = (Point) {};
		else
			point_double(r, p);
		return;
	}
	subtract(&field, &h, &u2, &u1);
	subtract(&field, &s2, &s2, &s1);
	multiply(&field, &h2, &h, &h);
	multiply(&field, &h3, &h2, &h);
	multiply(&field, &u1, &u1, &h2);
	multiply(&field, &x, &s2, &s2);
	subtract(&field, &x, &x, &h3);
	subtract(&field, &x, &x, &u1);
	subtract(&field, &x, &x, &u1);
	subtract(&field, &t, &u1, &x);
	multiply(&field, &y, &s2, &t);
	multiply(&field, &t, &s1, &h3);
	subtract(&field, &y, &y, &t);
	multiply(&field, &z, &p->z, &q->z);
	multiply(&field, &z, &z, &h);
	*r = (Point) { x, y, z };
}

static void point_multiply(Point *r, const Number *factor, const Point *p)
{
	Point result = {};

	for (int i = 64 * WORDS - 1; i >= 0; i--) {
		point_double(&result, &result);
		if (factor->w[i / 64] >> i % 64 & 1)
			point_add(&result, &result, p);
	}
	*r = result;
}

/* No longer in Montgomery's form. */
static void point_affine(const Point *p, Number *x, Number *y)
{
	Number inverse, power;

	invert(&field, &inverse, &p->z);
	multiply(&field, &power, &inverse, &inverse);
	multiply(&field, x, &p->x, &power);
	from_form(&field, x, x);
	multiply(&field, &power, &power, &inverse);
	multiply(&field, y, &p->y, &power);
	from_form(&field, y, y);
}

static bool on_curve(const Point *p)
{
	Number left, right, t;

	multiply(&field, &left, &p->y, &p->y);
	multiply(&field, &right, &p->x, &p->x);
	subtract(&field, &right, &right, &three);
	multiply(&field, &right, &right, &p->x);
	add(&field, &right, &right, &b_form);
	subtract(&field, &t, &left, &right);
	return is_zero(&t);
}

/* False: it does not fit. */
static bool load(Number *r, const uint8_t bytes[SEV_ECDSA_NUMBER])
{
	for (int i = 0; i < WORDS; i++)
		r->w[i] = ldq_le_p(bytes + 8 * i);
	return buffer_is_zero(bytes + BYTES, SEV_ECDSA_NUMBER - BYTES);
}

static void save(const Number *a, uint8_t bytes[SEV_ECDSA_NUMBER])
{
	memset(bytes, 0, SEV_ECDSA_NUMBER);
	for (int i = 0; i < WORDS; i++)
		stq_le_p(bytes + 8 * i, a->w[i]);
}

/* As a number, its first byte the highest. */
static void digest_number(Number *r, GChecksum *sum)
{
	uint8_t digest[BYTES];
	gsize len = sizeof(digest);

	g_checksum_get_digest(sum, digest, &len);
	for (int i = 0; i < WORDS; i++)
		r->w[i] = ldq_be_p(digest + 8 * (WORDS - 1 - i));
	if (compare(r, &order) >= 0)
		subtract_raw(r, r, &order);
}

static void digest_data(Number *r, const void *data, size_t len)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);

	g_checksum_update(sum, data, len);
	digest_number(r, sum);
}

bool sev_ecdsa_verify(const uint8_t key[SEV_ECDSA_KEY_SIZE], const uint8_t sig[SEV_ECDSA_SIG_SIZE],
		      const void *data, size_t len)
{
	Number r, s, z, u1, u2, x, y;
	Point public, sum;

	setup();
	if (ldl_le_p(key) != SEV_ECDSA_CURVE_P384 || !load(&x, key + 4) ||
	    !load(&y, key + 4 + SEV_ECDSA_NUMBER) || compare(&x, &prime) >= 0 ||
	    compare(&y, &prime) >= 0)
		return false;
	if (!load(&r, sig) || !load(&s, sig + SEV_ECDSA_NUMBER) || is_zero(&r) || is_zero(&s) ||
	    compare(&r, &order) >= 0 || compare(&s, &order) >= 0)
		return false;
	to_form(&field, &public.x, &x);
	to_form(&field, &public.y, &y);
	public.z = one;
	if (!on_curve(&public))
		return false;
	digest_data(&z, data, len);
	to_form(&scalars, &s, &s);
	invert(&scalars, &s, &s);
	multiply(&scalars, &u1, &z, &s);	/* of a number and one in form: a number */
	multiply(&scalars, &u2, &r, &s);
	point_multiply(&sum, &u1, &base);
	point_multiply(&public, &u2, &public);
	point_add(&sum, &sum, &public);
	if (is_zero(&sum.z))
		return false;
	point_affine(&sum, &x, &y);
	if (compare(&x, &order) >= 0)
		subtract_raw(&x, &x, &order);
	return !compare(&x, &r);
}

static void load_secret(Number *d, const uint8_t secret[SEV_ECDSA_SECRET_SIZE])
{
	for (int i = 0; i < WORDS; i++)
		d->w[i] = ldq_le_p(secret + 8 * i);
	if (compare(d, &order) >= 0)
		subtract_raw(d, d, &order);
}

void sev_ecdsa_public(const uint8_t secret[SEV_ECDSA_SECRET_SIZE], uint8_t key[SEV_ECDSA_KEY_SIZE])
{
	Number d, x, y;
	Point public;

	setup();
	load_secret(&d, secret);
	point_multiply(&public, &d, &base);
	point_affine(&public, &x, &y);
	memset(key, 0, SEV_ECDSA_KEY_SIZE);
	stl_le_p(key, SEV_ECDSA_CURVE_P384);
	save(&x, key + 4);
	save(&y, key + 4 + SEV_ECDSA_NUMBER);
}

void sev_ecdsa_sign(const uint8_t secret[SEV_ECDSA_SECRET_SIZE], uint8_t sig[SEV_ECDSA_SIG_SIZE],
		    const void *data, size_t len)
{
	g_autoptr(GChecksum) nonce = g_checksum_new(G_CHECKSUM_SHA384);
	Number d, k, z, r, s, y, inverse;
	Point point;

	setup();
	load_secret(&d, secret);
	digest_data(&z, data, len);
	g_checksum_update(nonce, secret, SEV_ECDSA_SECRET_SIZE);
	g_checksum_update(nonce, (uint8_t *)z.w, sizeof(z.w));
	digest_number(&k, nonce);
	point_multiply(&point, &k, &base);
	point_affine(&point, &r, &y);
	if (compare(&r, &order) >= 0)
		subtract_raw(&r, &r, &order);
	to_form(&scalars, &d, &d);
	multiply(&scalars, &s, &r, &d);
	add(&scalars, &s, &s, &z);
	to_form(&scalars, &inverse, &k);
	invert(&scalars, &inverse, &inverse);
	multiply(&scalars, &s, &s, &inverse);
	memset(sig, 0, SEV_ECDSA_SIG_SIZE);
	save(&r, sig);
	save(&s, sig + SEV_ECDSA_NUMBER);
}
