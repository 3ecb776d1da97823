/* http_grant.c: tokens that were verified before: what is remembered, and what not. */
#include "base/mem.h"
#include "http/jwt.h"
#include "http/jwt_cache.h"
#include "http/jwt_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define APP "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define OTHER "11111111-7425-40de-944b-e07fc1f90ae7"

enum { NOW = 1709634019, KEYS = 2 };

static struct jwt_key *signing[KEYS], *checking[KEYS];
static char *public_pem[KEYS];
static struct jwt_cache *cache;

/* What is known of applications now. */
static const struct jwt_key *key_of_app, *key_of_other;
static unsigned finds;

static const struct jwt_key *find(const char *application, void *arg)
{
    assert_ptr_equal(arg, &finds);
    finds++;
    if (!strcmp(application, APP))
        return key_of_app;
    return strcmp(application, OTHER) ? NULL : key_of_other;
}

static int make_keys(void **state)
{
    (void)state;
    for (int i = 0; i < KEYS; i++) {
        char *private_pem;

        assert_int_equal(jwt_key_pair(&private_pem, &public_pem[i]), 0);
        assert_int_equal(jwt_key_private(&signing[i], private_pem), 0);
        assert_int_equal(jwt_key_public(&checking[i], public_pem[i]), 0);
        mem_unref(private_pem);
    }
    return 0;
}

static int drop_keys(void **state)
{
    (void)state;
    for (int i = 0; i < KEYS; i++) {
        mem_unref(signing[i]);
        mem_unref(checking[i]);
        mem_unref(public_pem[i]);
    }
    assert_int_equal(mem_alive(), 0);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    key_of_app = checking[0];
    key_of_other = checking[1];
    finds = 0;
    return jwt_cache_alloc(&cache, 4);
}

static int teardown(void **state)
{
    (void)state;
    cache = mem_unref(cache);
    return 0;
}

/* A token of APP: `more` is appended to its claims. */
static char *token_with(const struct jwt_key *key, const char *more)
{
    char *text =
        mem_printf("{\"application_id\":\"" APP "\",\"jti\":\"j\",\"iat\":%d%s}", NOW, more);
    json_t *claims = json_loads(text, 0, NULL);
    char *token;

    assert_non_null(claims);
    token = jwt_sign(key, claims);
    assert_non_null(token);
    json_decref(claims);
    mem_unref(text);
    return token;
}

static enum jwt_error verify_at(const char *token, int64_t now, struct jwt_grant **grant)
{
    struct jwt_grant *made = NULL;
    enum jwt_error error = jwt_cache_verify(cache, token, now, find, &finds, &made);

    assert_int_equal(made != NULL, error == JWT_OK);
    if (grant)
        *grant = made;
    else
        mem_unref(made);
    return error;
}

static void remembers_the_same_grant(void **state)
{
    char *token = token_with(signing[0], "");
    struct jwt_grant *first, *again;

    (void)state;
    assert_int_equal(verify_at(token, NOW, &first), JWT_OK);
    assert_int_equal(jwt_cache_count(cache), 1);
    assert_int_equal(verify_at(token, NOW + 1, &again), JWT_OK);
    assert_ptr_equal(first, again);
    assert_int_equal(jwt_cache_count(cache), 1);
    assert_int_equal(finds, 2); /* the key is asked for each time */
    assert_string_equal(first->application, APP);
    assert_null(first->sub);
    assert_null(first->acl);
    assert_false(first->is_client);
    assert_int_equal(first->not_before, NOW - 60);
    assert_int_equal(first->expires, NOW + 900);
    assert_true(jwt_grant_allows(first, "DELETE", "/v1/anything"));
    mem_unref(again);
    cache = mem_unref(cache); /* a grant outlives it */
    assert_string_equal(first->application, APP);
    mem_unref(first);
    mem_unref(token);
}

static void says_whose_token_it_is(void **state)
{
    char *user = token_with(signing[0], ",\"sub\":\"alice\"");
    char *limited =
        token_with(signing[0], ",\"sub\":\"bob\",\"acl\":{\"paths\":{\"/*/users/**\":{},"
                               "\"/*/conversations/**\":{\"methods\":[\"GET\"]}}}");
    char *bare = token_with(signing[0], ",\"acl\":{\"paths\":{\"/v1/calls\":{}}}");
    char *wrong = token_with(signing[0], ",\"acl\":{\"paths\":[\"/**\"]}");
    struct jwt_grant *grant;

    (void)state;
    assert_int_equal(verify_at(user, NOW, &grant), JWT_OK);
    assert_string_equal(grant->sub, "alice");
    assert_true(grant->is_client);
    assert_true(jwt_grant_allows(grant, "GET", "/v1/calls"));
    mem_unref(grant);
    for (int i = 0; i < 2; i++) { /* read, and remembered */
        assert_int_equal(verify_at(limited, NOW, &grant), JWT_OK);
        assert_string_equal(grant->sub, "bob");
        assert_true(grant->is_client);
        assert_true(jwt_grant_allows(grant, "POST", "/v1/users"));
        assert_true(jwt_grant_allows(grant, "GET", "/v0.3/conversations/CON-1/members/me"));
        assert_false(jwt_grant_allows(grant, "POST", "/v0.3/conversations/CON-1/members"));
        assert_false(jwt_grant_allows(grant, "GET", "/v1/calls"));
        mem_unref(grant);
    }
    assert_int_equal(verify_at(bare, NOW, &grant), JWT_OK);
    assert_null(grant->sub);
    assert_true(grant->is_client);
    mem_unref(grant);
    assert_int_equal(verify_at(wrong, NOW, &grant), JWT_OK);
    assert_true(grant->is_client);
    assert_false(jwt_grant_allows(grant, "GET", "/v1/calls"));
    mem_unref(grant);
    mem_unref(user);
    mem_unref(limited);
    mem_unref(bare);
    mem_unref(wrong);
}

static void honours_the_times_of_what_it_remembers(void **state)
{
    char *token = token_with(signing[0], ",\"exp\":1709634100,\"nbf\":1709634070");

    (void)state;
    assert_int_equal(verify_at(token, NOW, NULL), JWT_OK); /* 51 s before its nbf */
    assert_int_equal(verify_at(token, 1709634099, NULL), JWT_OK);
    assert_int_equal(verify_at(token, 1709634009, NULL), JWT_NOT_YET);
    assert_int_equal(verify_at(token, NOW, NULL), JWT_OK);
    assert_int_equal(jwt_cache_count(cache), 1);
    assert_int_equal(verify_at(token, 1709634100, NULL), JWT_EXPIRED);
    assert_int_equal(jwt_cache_count(cache), 0);
    assert_int_equal(verify_at(token, 1709634100, NULL), JWT_EXPIRED);
    assert_int_equal(jwt_cache_count(cache), 0);
    mem_unref(token);
}

static void a_key_that_changed_forgets(void **state)
{
    char *token = token_with(signing[0], ""), *newer = token_with(signing[1], "");
    struct jwt_key *same;

    (void)state;
    assert_int_equal(verify_at(token, NOW, NULL), JWT_OK);
    key_of_app = checking[1];
    assert_int_equal(verify_at(token, NOW, NULL), JWT_SIGNATURE);
    assert_int_equal(jwt_cache_count(cache), 0);
    assert_int_equal(verify_at(newer, NOW, NULL), JWT_OK);
    key_of_app = checking[0];
    assert_int_equal(verify_at(token, NOW, NULL), JWT_OK);
    assert_int_equal(jwt_key_public(&same, public_pem[0]), 0); /* read again: the same key */
    key_of_app = same;
    finds = 0;
    assert_int_equal(verify_at(token, NOW, NULL), JWT_OK);
    assert_int_equal(finds, 1); /* a miss asks twice: for what stood, and for what is */
    key_of_app = NULL;
    assert_int_equal(verify_at(token, NOW, NULL), JWT_APPLICATION);
    mem_unref(same);
    mem_unref(token);
    mem_unref(newer);
}

static void failures_are_not_remembered(void **state)
{
    static const char header[] = "eyJhbGciOiJub25lIn0"; /* {"alg":"none"} */
    char *good = token_with(signing[0], ""), *foreign = token_with(signing[1], "");
    char *none = mem_printf("%s%s", header, strchr(good, '.')), *confused, *swapped;
    char *bare = token_with(signing[0], ",\"sub\":5"), *old = token_with(signing[0], ",\"exp\":1");
    struct jwt_key *secret;

    (void)state;
    assert_int_equal(jwt_key_secret(&secret, public_pem[0], strlen(public_pem[0])), 0);
    confused = token_with(secret, "");
    swapped = mem_printf("%.*s%s", (int)(strrchr(good, '.') - good), good, strrchr(foreign, '.'));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(verify_at(foreign, NOW, NULL), JWT_SIGNATURE);
        assert_int_equal(verify_at(swapped, NOW, NULL), JWT_SIGNATURE);
        assert_int_equal(verify_at(none, NOW, NULL), JWT_ALGORITHM);
        assert_int_equal(verify_at(confused, NOW, NULL), JWT_ALGORITHM);
        assert_int_equal(verify_at(bare, NOW, NULL), JWT_CLAIMS);
        assert_int_equal(verify_at(old, NOW, NULL), JWT_EXPIRED);
        assert_int_equal(verify_at("", NOW, NULL), JWT_APPLICATION);
        assert_int_equal(verify_at(NULL, NOW, NULL), JWT_MALFORMED);
    }
    assert_int_equal(jwt_cache_count(cache), 0);
    assert_int_equal(verify_at(good, NOW, NULL), JWT_OK);
    assert_int_equal(verify_at(swapped, NOW, NULL), JWT_SIGNATURE); /* and are no other's hit */
    mem_unref(secret);
    mem_unref(good);
    mem_unref(foreign);
    mem_unref(none);
    mem_unref(confused);
    mem_unref(swapped);
    mem_unref(bare);
    mem_unref(old);
}

static void the_oldest_goes(void **state)
{
    char *tokens[6], more[64];
    struct jwt_grant *first, *again;

    (void)state;
    for (int i = 0; i < 6; i++) {
        snprintf(more, sizeof more, ",\"n\":%d", i);
        tokens[i] = token_with(signing[0], more);
    }
    assert_int_equal(verify_at(tokens[0], NOW, &first), JWT_OK);
    for (int i = 1; i < 6; i++) {
        assert_int_equal(verify_at(tokens[i], NOW, NULL), JWT_OK);
        assert_true(jwt_cache_count(cache) <= 4);
    }
    finds = 0;
    for (int i = 2; i < 6; i++)
        assert_int_equal(verify_at(tokens[i], NOW, NULL), JWT_OK);
    assert_int_equal(jwt_cache_count(cache), 4);
    assert_int_equal(verify_at(tokens[0], NOW, &again), JWT_OK); /* verified anew */
    assert_ptr_not_equal(first, again);
    mem_unref(first);
    mem_unref(again);
    for (int i = 0; i < 6; i++)
        mem_unref(tokens[i]);
}

int main(void)
{
#define WITH_CACHE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_CACHE(remembers_the_same_grant),
        WITH_CACHE(says_whose_token_it_is),
        WITH_CACHE(honours_the_times_of_what_it_remembers),
        WITH_CACHE(a_key_that_changed_forgets),
        WITH_CACHE(failures_are_not_remembered),
        WITH_CACHE(the_oldest_goes),
    };

    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
