/* recogniser_grammar.c: hints as a grammar: what gets into it, and the way back to the hint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recogniser/grammar.h"

/* A dictionary without "xyzzy" and of short words. */
static bool knows(const char *word, void *arg)
{
    (void)arg;
    for (const char *c = word; *c; c++)
        assert_true((*c >= 'a' && *c <= 'z') || *c == '\'');
    return strcmp(word, "xyzzy") != 0;
}

static struct grammar *grammar_of(const char *const *hints, unsigned count, unsigned *unknown)
{
    struct grammar *grammar;

    assert_int_equal(grammar_alloc(&grammar, (char *const *)hints, count, knows, NULL, unknown), 0);
    return grammar;
}

static void phrases_are_alternatives(void **state)
{
    static const char *const hints[] = {"Yes, please", "no", "Flight 42", "don't"};
    unsigned unknown;
    struct grammar *grammar = grammar_of(hints, 4, &unknown);

    (void)state;
    assert_int_equal(unknown, 0);
    assert_string_equal(grammar_text(grammar), "#JSGF V1.0;\ngrammar hints;\npublic <hint> = "
                                               "yes please | no | flight four two | don't;");
    assert_string_equal(grammar_hint(grammar, "yes please"), "Yes, please");
    assert_string_equal(grammar_hint(grammar, "flight four two"), "Flight 42");
    assert_null(grammar_hint(grammar, "yes"));
    assert_null(grammar_hint(grammar, ""));
    mem_unref(grammar);
}

/* What is no word stays out, and so nothing of the grammar's own language gets in. */
static void only_known_words_get_in(void **state)
{
    static const char *const hints[] = {
        "go; public <x> = [a*];", "xyzzy", "open xyzzy", "caf\xc3\xa9", "  ", "", "#{}|/\\"};
    unsigned unknown;
    struct grammar *grammar = grammar_of(hints, 7, &unknown);

    (void)state;
    assert_int_equal(unknown, 3);
    assert_string_equal(grammar_text(grammar), "#JSGF V1.0;\ngrammar hints;\npublic <hint> = "
                                               "go public x a | open;");
    assert_string_equal(grammar_hint(grammar, "open"), "open xyzzy");
    assert_null(grammar_hint(grammar, ""));
    mem_unref(grammar);
}

static void without_a_word_there_is_none(void **state)
{
    static const char *const hints[] = {"xyzzy", "!"};
    unsigned unknown;
    struct grammar *grammar = grammar_of(hints, 2, &unknown);

    (void)state;
    assert_int_equal(unknown, 1);
    assert_null(grammar_text(grammar));
    mem_unref(grammar);
    grammar = grammar_of(NULL, 0, &unknown);
    assert_null(grammar_text(grammar));
    mem_unref(grammar);
}

static void long_ones_are_bounded(void **state)
{
    enum { MANY = GRAMMAR_PHRASES_MAX + 10 };
    static char texts[MANY][16], word[5000], digits[3001];
    static const char *hints[MANY];
    unsigned unknown;
    struct grammar *grammar;

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof texts[i], "hint %u", i);
        hints[i] = texts[i];
    }
    memset(word, 'a', sizeof word - 1);
    memset(digits, '7', sizeof digits - 1);
    hints[0] = word;
    hints[1] = digits;
    grammar = grammar_of(hints, MANY, &unknown);
    assert_int_equal(unknown, 1);
    assert_non_null(strstr(grammar_text(grammar), "= seven seven "));
    assert_non_null(strstr(grammar_text(grammar), " | hint four nine nine;"));
    assert_string_equal(grammar_hint(grammar, "hint four nine nine"), "hint 499");
    assert_null(grammar_hint(grammar, "hint five zero zero"));
    mem_unref(grammar);
}

static int nothing_left(void **state)
{
    (void)state;
    return mem_alive() == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(phrases_are_alternatives, nothing_left),
        cmocka_unit_test_teardown(only_known_words_get_in, nothing_left),
        cmocka_unit_test_teardown(without_a_word_there_is_none, nothing_left),
        cmocka_unit_test_teardown(long_ones_are_bounded, nothing_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
