/* http_jwt.c: tokens that must pass and the many that must not. */
#include "base/mem.h"
#include "http/base64url.h"
#include "http/jwt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

enum { NOW = 1709634019 };

static char *public_pem, *private_pem;
static struct jwt_key *public_key, *private_key;

static char *pem_of(EVP_PKEY *rsa, bool is_private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *text;
    long size;

    if (is_private)
        PEM_write_bio_PrivateKey(bio, rsa, NULL, NULL, 0, NULL, NULL);
    else
        PEM_write_bio_PUBKEY(bio, rsa);
    size = BIO_get_mem_data(bio, &data);
    text = mem_alloc((size_t)size + 1, NULL);
    memcpy(text, data, (size_t)size);
    BIO_free(bio);
    return text;
}

static int setup(void **state)
{
    EVP_PKEY *rsa = EVP_RSA_gen(2048);

    (void)state;
    public_pem = pem_of(rsa, false);
    private_pem = pem_of(rsa, true);
    EVP_PKEY_free(rsa);
    assert_int_equal(jwt_key_public(&public_key, public_pem), 0);
    assert_int_equal(jwt_key_private(&private_key, private_pem), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mem_unref(public_key);
    mem_unref(private_key);
    mem_unref(public_pem);
    mem_unref(private_pem);
    assert_int_equal(mem_alive(), 0);
    return 0;
}

/* A token of our own making: header and payload as given, signed or not. */
static char *forge(const char *header, const char *payload, const struct jwt_key *key)
{
    char h[512], p[8192], *token, *dot, *out;
    json_t *claims = json_object();

    base64url_encode(h, header, strlen(header));
    base64url_encode(p, payload, strlen(payload));
    if (!key) {
        json_decref(claims);
        return mem_printf("%s.%s.", h, p);
    }
    token = jwt_sign(key, claims); /* only to show that signing another text differs */
    dot = strrchr(token, '.');
    out = mem_printf("%s.%s%s", h, p, dot);
    mem_unref(token);
    json_decref(claims);
    return out;
}

static enum jwt_error verify(const struct jwt_key *key, const char *token)
{
    json_t *claims = NULL;
    enum jwt_error error = jwt_verify(key, token, NOW, &claims);

    assert_int_equal(claims != NULL, error == JWT_OK);
    json_decref(claims);
    return error;
}

/* The claims, as JSON text, signed with the private key and checked at NOW. */
static enum jwt_error check(const char *claims)
{
    json_t *object = json_loads(claims, 0, NULL);
    char *token;
    enum jwt_error error;

    assert_non_null(object);
    token = jwt_sign(private_key, object);
    assert_non_null(token);
    error = verify(public_key, token);
    mem_unref(token);
    json_decref(object);
    return error;
}

#define ID "\"application_id\":\"7c9e6679-7425-40de-944b-e07fc1f90ae7\",\"jti\":\"j\""

static char *good_token(void)
{
    json_t *claims = json_loads("{" ID ",\"iat\":1709634019}", 0, NULL);
    char *token = jwt_sign(private_key, claims);

    json_decref(claims);
    return token;
}

static void published_vector_verifies(void **state)
{
    static const char token[] =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJpYXQiOjE3MDk2MzQwMTksImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlz"
        "cyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjkxNTM1ZThkNWMwZjQ4M2YxOTJmMGNkZmU1ZDNkZDBjZTViNTgz"
        "MTVkOTFkMzI0MzkxYzhhOWY0YWI1ZTY1MzEiLCJhcGlfa2V5IjoiYWJjZDEyMzQiLCJhcHBsaWNhdGlvbl9pZCI6"
        "IjdjOWU2Njc5LTc0MjUtNDBkZS05NDRiLWUwN2ZjMWY5MGFlNyJ9."
        "46wPoAMiW1QF2cBLT9FaPrYie-a-ES9S96L6AE1rxFs";
    static const char secret[] = "not-a-real-secret-0123456789";
    struct jwt_key *key;
    json_t *claims;
    char id[64], *again;

    (void)state;
    assert_int_equal(jwt_key_secret(&key, secret, strlen(secret)), 0);
    assert_int_equal(jwt_verify(key, token, NOW, &claims), JWT_OK);
    assert_string_equal(json_string_value(json_object_get(claims, "iss")), "Vonage");
    again = jwt_sign(key, claims);
    assert_string_equal(again, token);
    assert_true(jwt_application_id(token, id, sizeof id));
    assert_string_equal(id, "7c9e6679-7425-40de-944b-e07fc1f90ae7");
    mem_unref(again);
    json_decref(claims);
    mem_unref(key);
}

static void times_are_checked(void **state)
{
    (void)state;
    assert_int_equal(check("{" ID ",\"iat\":1709634019}"), JWT_OK);
    assert_int_equal(check("{" ID ",\"iat\":1709634019.5}"), JWT_OK);
    assert_int_equal(check("{" ID ",\"iat\":1709633120}"), JWT_OK);      /* 899 s old */
    assert_int_equal(check("{" ID ",\"iat\":1709633119}"), JWT_EXPIRED); /* 900 s old */
    assert_int_equal(check("{" ID ",\"iat\":1709634079}"), JWT_OK);      /* 60 s ahead */
    assert_int_equal(check("{" ID ",\"iat\":1709634080}"), JWT_NOT_YET);
    assert_int_equal(check("{" ID ",\"iat\":1709633990,\"exp\":1709634020}"), JWT_OK); /* 30 s */
    assert_int_equal(check("{" ID ",\"iat\":1709633990,\"exp\":\"1709634020\"}"), JWT_OK);
    assert_int_equal(check("{" ID ",\"iat\":1709633991,\"exp\":1709634020}"), JWT_CLAIMS);
    assert_int_equal(check("{" ID ",\"iat\":1709634030,\"exp\":1709634020}"), JWT_CLAIMS);
    assert_int_equal(check("{" ID ",\"iat\":1709634000,\"exp\":1709634019}"), JWT_EXPIRED);
    assert_int_equal(check("{" ID ",\"iat\":1709634000,\"exp\":\"1709634019\"}"), JWT_EXPIRED);
    assert_int_equal(check("{" ID ",\"iat\":1709634000,\"exp\":1709720400}"), JWT_OK); /* 24 h */
    assert_int_equal(check("{" ID ",\"iat\":1709634000,\"exp\":1709720461}"), JWT_CLAIMS);
    assert_int_equal(check("{" ID ",\"iat\":1709634000,\"exp\":\"1709720461\"}"), JWT_CLAIMS);
    assert_int_equal(check("{" ID ",\"iat\":1709634000,\"nbf\":1709634080}"), JWT_NOT_YET);
    assert_int_equal(check("{" ID ",\"iat\":1709634000,\"nbf\":1709634070}"), JWT_OK);
}

static void claims_must_have_their_types(void **state)
{
    static const char *const bad[] = {
        "{\"jti\":\"j\"}",
        "{\"iat\":1709634019}",
        "{\"iat\":1709634019,\"jti\":\"\"}",
        "{\"iat\":1709634019,\"jti\":7}",
        "{\"iat\":1709634019,\"jti\":null}",
        "{\"iat\":\"1709634019\",\"jti\":\"j\"}",
        "{\"iat\":-1,\"jti\":\"j\"}",
        "{\"iat\":1e300,\"jti\":\"j\"}",
        "{\"iat\":true,\"jti\":\"j\"}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"exp\":null}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"exp\":\"\"}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"exp\":\"soon\"}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"exp\":\"1709634029 \"}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"exp\":\"99999999999999999999\"}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"exp\":[1709634029]}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"nbf\":\"1709634029\"}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"nbf\":null}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"sub\":\"\"}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"sub\":7}",
        "{\"iat\":1709634019,\"jti\":\"j\",\"sub\":null}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (check(bad[i]) != JWT_CLAIMS)
            fail_msg("taken: %s", bad[i]);
}

static void algorithm_is_the_keys(void **state)
{
    static const char payload[] = "{" ID ",\"iat\":1709634019}";
    struct jwt_key *pem_as_secret;
    json_t *claims = json_loads(payload, 0, NULL);
    char *token;

    (void)state;
    assert_int_equal(jwt_key_secret(&pem_as_secret, public_pem, strlen(public_pem)), 0);
    token = jwt_sign(pem_as_secret, claims);
    assert_int_equal(verify(pem_as_secret, token), JWT_OK);
    assert_int_equal(verify(public_key, token), JWT_ALGORITHM);
    mem_unref(token);
    token = jwt_sign(private_key, claims);
    assert_int_equal(verify(public_key, token), JWT_OK);
    assert_int_equal(verify(private_key, token), JWT_OK);
    assert_int_equal(verify(pem_as_secret, token), JWT_ALGORITHM);
    mem_unref(token);
    json_decref(claims);
    mem_unref(pem_as_secret);
}

static void headers_are_refused(void **state)
{
    static const char payload[] = "{" ID ",\"iat\":1709634019}";
    static const struct {
        const char *header;
        enum jwt_error error;
    } cases[] = {
        {"{\"alg\":\"none\"}", JWT_ALGORITHM},
        {"{\"alg\":\"None\",\"typ\":\"JWT\"}", JWT_ALGORITHM},
        {"{\"alg\":\"\"}", JWT_ALGORITHM},
        {"{\"alg\":\"rs256\"}", JWT_ALGORITHM},
        {"{\"alg\":\"RS512\"}", JWT_ALGORITHM},
        {"{\"alg\":\"HS256\"}", JWT_ALGORITHM},
        {"{\"alg\":\"RS256\\u0000\"}", JWT_MALFORMED},
        {"{\"alg\":256}", JWT_MALFORMED},
        {"{\"typ\":\"JWT\"}", JWT_MALFORMED},
        {"{\"alg\":\"RS256\",\"alg\":\"RS256\"}", JWT_MALFORMED},
        {"{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", JWT_MALFORMED},
        {"[\"RS256\"]", JWT_MALFORMED},
        {"RS256", JWT_MALFORMED},
        {"{\"alg\":\"RS256\"}", JWT_SIGNATURE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *bare = forge(cases[i].header, payload, NULL);
        char *token = forge(cases[i].header, payload, private_key);

        if (verify(public_key, token) != cases[i].error ||
            verify(public_key, bare) != cases[i].error)
            fail_msg("%s: %d, %d", cases[i].header, (int)verify(public_key, token),
                     (int)verify(public_key, bare));
        mem_unref(token);
        mem_unref(bare);
    }
}

static void shapes_are_refused(void **state)
{
    char *token = good_token(), changed[2048], *huge;
    static const char *const bad[] = {"",
                                      ".",
                                      "..",
                                      "...",
                                      "a.b.c",
                                      "e30.e30.e30",
                                      "e30..",
                                      "e30",
                                      "e30.e30",
                                      ".e30.e30",
                                      "eyJhbGciOiJSUzI1NiJ9.e30=.e30"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(verify(public_key, bad[i]), JWT_OK);
    assert_int_equal(verify(public_key, NULL), JWT_MALFORMED);
    snprintf(changed, sizeof changed, "%s=", token);
    assert_int_equal(verify(public_key, changed), JWT_MALFORMED);
    snprintf(changed, sizeof changed, "%s.", token);
    assert_int_equal(verify(public_key, changed), JWT_MALFORMED);
    snprintf(changed, sizeof changed, " %s", token);
    assert_int_equal(verify(public_key, changed), JWT_MALFORMED);
    snprintf(changed, sizeof changed, "%s\n", token);
    assert_int_equal(verify(public_key, changed), JWT_MALFORMED);
    huge = mem_alloc(1 << 20, NULL);
    memset(huge, 'A', (1 << 20) - 1);
    huge[10] = huge[20] = '.';
    assert_int_equal(verify(public_key, huge), JWT_MALFORMED);
    mem_unref(huge);
    mem_unref(token);
}

/* Any change of any character of a token makes it another one. */
static void no_mutation_passes(void **state)
{
    static const char alphabet[] = "AQgwfz09-_.=% \"\xff";
    char *token = good_token(), *changed = mem_strdup(token);
    unsigned seed = 20240305;

    (void)state;
    for (size_t i = 0; token[i]; i++) {
        char c = token[i] == 'A' ? 'B' : 'A';

        changed[i] = c;
        assert_int_not_equal(verify(public_key, changed), JWT_OK);
        changed[i] = token[i];
    }
    for (int round = 0; round < 4000; round++) {
        unsigned count = 1 + rand_r(&seed) % 4;
        char id[64];

        strcpy(changed, token);
        while (count--)
            changed[rand_r(&seed) % strlen(token)] =
                alphabet[rand_r(&seed) % (sizeof alphabet - 1)];
        if (rand_r(&seed) % 4 == 0)
            changed[rand_r(&seed) % strlen(token)] = '\0';
        jwt_application_id(changed, id, sizeof id);
        if (strcmp(changed, token))
            assert_int_not_equal(verify(public_key, changed), JWT_OK);
    }
    mem_unref(changed);
    mem_unref(token);
}

static void application_id_is_found(void **state)
{
    static const char header[] = "{\"alg\":\"RS256\"}";
    static const char *const bad[] = {"{}", "{\"application_id\":7}", "{\"application_id\":\"\"}",
                                      "[]",
                                      "{\"application_id\":\"123456789012345678901234567890\"}"};
    char id[24], *token;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        token = forge(header, bad[i], NULL);
        assert_false(jwt_application_id(token, id, sizeof id));
        mem_unref(token);
    }
    token = forge(header, "{\"application_id\":\"12345678901234567890123\"}", NULL);
    assert_true(jwt_application_id(token, id, sizeof id));
    assert_string_equal(id, "12345678901234567890123");
    mem_unref(token);
    assert_false(jwt_application_id(NULL, id, sizeof id));
    assert_false(jwt_application_id("x", id, sizeof id));
}

static void weak_and_wrong_keys_are_refused(void **state)
{
    EVP_PKEY *small = EVP_RSA_gen(1024), *curve = EVP_EC_gen("P-256");
    char *small_public = pem_of(small, false), *small_private = pem_of(small, true);
    char *curve_public = pem_of(curve, false);
    struct jwt_key *key = NULL;
    json_t *claims = json_object();

    (void)state;
    assert_int_equal(jwt_key_public(&key, small_public), EINVAL);
    assert_int_equal(jwt_key_private(&key, small_private), EINVAL);
    assert_int_equal(jwt_key_public(&key, curve_public), EINVAL);
    assert_int_equal(jwt_key_public(&key, private_pem), EINVAL);
    assert_int_equal(jwt_key_private(&key, public_pem), EINVAL);
    assert_int_equal(jwt_key_public(&key, ""), EINVAL);
    assert_int_equal(jwt_key_public(&key, NULL), EINVAL);
    assert_int_equal(jwt_key_public(&key, "-----BEGIN PUBLIC KEY-----\nAAAA\n"), EINVAL);
    assert_int_equal(jwt_key_secret(&key, "", 0), EINVAL);
    assert_null(key);
    assert_null(jwt_sign(public_key, claims));
    json_decref(claims);
    mem_unref(small_public);
    mem_unref(small_private);
    mem_unref(curve_public);
    EVP_PKEY_free(small);
    EVP_PKEY_free(curve);
}

static bool allows(const char *acl, const char *method, const char *path)
{
    json_t *object = json_loads(acl, JSON_DECODE_ANY, NULL);
    bool allowed;

    assert_non_null(object);
    allowed = jwt_allows(object, method, path);
    json_decref(object);
    return allowed;
}

static void acl_is_matched(void **state)
{
    static const char users[] = "{\"paths\":{\"/*/users/**\":{}}}";
    static const char get[] = "{\"paths\":{\"/v1/calls/*\":{\"methods\":[\"GET\",\"PUT\"]}}}";
    static const char filters[] =
        "{\"paths\":{\"/v1/calls\":{\"methods\":[\"GET\"],\"filters\":{\"to\":\"447\"}}},\"x\":1}";
    static const char tail[] = "{\"paths\":{\"/**/events\":{},\"/a/**/b/**/c\":{}}}";

    (void)state;
    assert_true(jwt_allows(NULL, "GET", "/v1/calls"));
    assert_true(allows(users, "GET", "/v1/users"));
    assert_true(allows(users, "DELETE", "/v0.3/users/USR-1/sessions"));
    assert_false(allows(users, "GET", "/v1/v1/users/1"));
    assert_false(allows(users, "GET", "/users/1"));
    assert_false(allows(users, "GET", "/v1/usersx/1"));
    assert_false(allows(users, "GET", "//users/1"));
    assert_true(allows(get, "GET", "/v1/calls/1"));
    assert_true(allows(get, "put", "/v1/calls/1"));
    assert_false(allows(get, "DELETE", "/v1/calls/1"));
    assert_false(allows(get, "GET", "/v1/calls"));
    assert_false(allows(get, "GET", "/v1/calls/"));
    assert_false(allows(get, "GET", "/v1/calls/1/2"));
    assert_true(allows(tail, "GET", "/beta/conversations/1/events"));
    assert_false(allows(tail, "GET", "/beta/conversations/1/event"));
    assert_true(allows(tail, "GET", "/a/x/b/b/y/z/c"));
    assert_false(allows(tail, "GET", "/a/x/b/b/y/z/d"));
    assert_true(allows("{\"paths\":{\"/**\":{}}}", "GET", "/"));
    assert_false(allows("{\"paths\":{\"/v1/calls\":null}}", "GET", "/v1/calls"));
    assert_false(allows("{\"paths\":{\"/v1/calls\":{\"methods\":[]}}}", "GET", "/v1/calls"));
    assert_false(allows("{\"paths\":{\"/v1/calls\":{\"methods\":\"GET\"}}}", "GET", "/v1/calls"));
    assert_false(allows("{\"paths\":[\"/**\"]}", "GET", "/v1/calls"));
    assert_false(allows("{\"paths\":{}}", "GET", "/v1/calls"));
    assert_false(allows("[]", "GET", "/v1/calls"));
    assert_false(allows("true", "GET", "/v1/calls"));
    assert_true(allows(filters, "GET", "/v1/calls"));
    assert_false(allows(filters, "BREW", "/v1/calls"));
    /* one wrong rule spoils them all */
    assert_false(allows("{\"paths\":{\"/**\":{},\"/v1/calls\":[]}}", "GET", "/v1/users"));
    assert_false(allows("{\"paths\":{\"/v1/calls\":{\"methods\":[7]},\"/**\":{}}}", "GET", "/a"));
    assert_false(allows("{\"paths\":{\"/v1/a\":{\"methods\":{}},\"/**\":{}}}", "GET", "/a"));
    assert_false(allows("{}", "GET", "/v1/calls"));
    assert_false(allows("null", "GET", "/v1/calls"));
    assert_false(allows("\"/**\"", "GET", "/v1/calls"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vector_verifies),
        cmocka_unit_test(times_are_checked),
        cmocka_unit_test(claims_must_have_their_types),
        cmocka_unit_test(algorithm_is_the_keys),
        cmocka_unit_test(headers_are_refused),
        cmocka_unit_test(shapes_are_refused),
        cmocka_unit_test(no_mutation_passes),
        cmocka_unit_test(application_id_is_found),
        cmocka_unit_test(weak_and_wrong_keys_are_refused),
        cmocka_unit_test(acl_is_matched),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
