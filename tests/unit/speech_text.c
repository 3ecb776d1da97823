/* speech_text.c: what may be said, how long it is, whose voice says it, and what the engine
 * gets to read of a document of SSML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "speech/render.h"
#include "speech/speech.h"
#include "speech/ssml.h"
#include "speech/text.h"
#include "speech/voice.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
enum { STEPS_MAX = 1000 };

#define DEEP_8 "<p><p><p><p><p><p><p><p>"
#define UP_8 "</p></p></p></p></p></p></p></p>"

static void test_good_documents(void **state)
{
    static const char *const documents[] = {
        "<speak>Hello</speak>",
        "<speak/>",
        " \n<speak>Hello</speak >\n<!-- bye -->\n",
        "<speak version=\"1.0\" xmlns='http://www.w3.org/2001/10/synthesis' "
        "xml:lang=\"en-US\">a</speak>",
        "<speak>a<break/>b<break time=\"1s\" strength='weak'/>c<break></break></speak>",
        "<speak><emphasis level=\"strong\">a</emphasis></speak>",
        "<speak><lang xml:lang=\"fr-FR\">oui</lang></speak>",
        "<speak><p><s>a</s><s>b</s></p></speak>",
        "<speak><phoneme alphabet=\"ipa\" ph=\"t&#601;\">a</phoneme></speak>",
        "<speak><prosody rate=\"slow\" pitch='+10%'\n\tvolume = \"loud\">a</prosody></speak>",
        "<speak><say-as interpret-as=\"digits\">123</say-as></speak>",
        "<speak><sub alias=\"a > b\">a</sub></speak>",
        "<speak>AT&amp;T &lt;&gt;&quot;&apos;&#65;&#x20AC;</speak>",
        "<speak>a > b, a - b</speak>",
        "<speak>" DEEP_8 "<p><p><p><p><p><p><p>a</p></p></p></p></p></p></p>" UP_8 "</speak>",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        char reason[SPEECH_REASON] = "";

        assert_true(ssml_is(documents[i]));
        if (ssml_check(documents[i], reason, sizeof reason))
            fail_msg("%s: %s", documents[i], reason);
    }
}

static void test_malformed_documents(void **state)
{
    static const struct {
        const char *document, *reason;
    } cases[] = {
        {"<speak>", "SSML: a tag is not closed"},
        {"<speak", "a tag without its >"},
        {"<speak>a</speak", "a tag without its > (speak)"},
        {"<speak>a</s>", "SSML: it closes what is not open (s)"},
        {"<speak><s>a</speak></s>", "it closes what is not open (speak)"},
        {"<speak><p><s>a</p></s></speak>", "it closes what is not open (p)"},
        {"<speak>a</speak>b", "text behind </speak>"},
        {"<speak>a</speak><s/>", "a tag behind </speak>"},
        {"<speak>a</speak><speak>a</speak>", "a tag behind </speak>"},
        {"<speak>a</speak>&amp;", "an entity outside"},
        {"<speak><speak>a</speak></speak>", "<speak> within <speak>"},
        {"<s>a</s>", "it does not begin with <speak>"},
        {"a<speak>a</speak>", "it does not begin with <speak>"},
        {"", "it has no <speak>"},
        {"<speak><voice>a</voice></speak>", "a tag that is not taken (voice)"},
        {"<speak><audio src=\"/etc/passwd\"/></speak>", "a tag that is not taken (audio)"},
        {"<speak><mark name=\"a\"/></speak>", "not taken (mark)"},
        {"<speak><BREAK/></speak>", "not taken (BREAK)"},
        {"<speak><breaks/></speak>", "not taken (breaks)"},
        {"<speak><brea/></speak>", "not taken (brea)"},
        {"<speak>AT&T</speak>", "an & that begins no entity"},
        {"<speak>&copy;</speak>", "an & that begins no entity"},
        {"<speak>&#1;</speak>", "an & that begins no entity"},
        {"<speak>&#xD800;</speak>", "an & that begins no entity"},
        {"<speak>&#x110000;</speak>", "an & that begins no entity"},
        {"<speak>&#99999999999999999999;</speak>", "an & that begins no entity"},
        {"<speak>&#;</speak>", "an & that begins no entity"},
        {"<speak>&#x-1;</speak>", "an & that begins no entity"},
        {"<speak>1 < 2</speak>", "a < that begins no tag"},
        {"<speak></></speak>", "a < that begins no tag"},
        {"<speak><![CDATA[a]]></speak>", "a < that begins no tag"},
        {"<speak><?xml?></speak>", "a < that begins no tag"},
        {"<speak><break time=1s/></speak>", "NAME=\"VALUE\" (break)"},
        {"<speak><break time/></speak>", "NAME=\"VALUE\""},
        {"<speak><break time=\"1s/></speak>", "NAME=\"VALUE\""},
        {"<speak><break time=\"1s\"strength=\"weak\"/></speak>", "NAME=\"VALUE\""},
        {"<speak><break time=\"a&b\"/></speak>", "NAME=\"VALUE\""},
        {"<speak><break =\"1s\"/></speak>", "NAME=\"VALUE\""},
        {"<speak></speak a=\"b\">", "a tag without its >"},
        {"<speak><break time=\"soon\"/></speak>", "500ms or 2s (break)"},
        {"<speak><break time=\"-1s\"/></speak>", "500ms or 2s"},
        {"<speak><break time=\"1\"/></speak>", "500ms or 2s"},
        {"<speak><break time=\"1sec\"/></speak>", "500ms or 2s"},
        {"<speak><break strength=\"odd\"/></speak>", "500ms or 2s"},
        {"<speak><break / ></speak>", "a tag without its >"},
        {"<speak></s/></speak>", "a tag without its >"},
        {"<speak><!-- a</speak>", "a comment without its end"},
        {"<speak><!-- a -- b --></speak>", "a comment without its end"},
        {"<speak>" DEEP_8 DEEP_8 UP_8 UP_8 "</speak>", "more than 16 tags deep"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char reason[SPEECH_REASON] = "";

        assert_int_equal(ssml_check(cases[i].document, reason, sizeof reason), EINVAL);
        if (strncmp(reason, "SSML: ", 6) != 0 || !strstr(reason, cases[i].reason))
            fail_msg("%s: %s", cases[i].document, reason);
    }
}

static void test_a_huge_tag(void **state)
{
    char document[600], reason[SPEECH_REASON] = "";
    (void)state;
    snprintf(document, sizeof document, "<speak><sub alias=\"%0450d\">a</sub></speak>", 1);
    assert_int_equal(ssml_check(document, reason, sizeof reason), EINVAL);
    assert_non_null(strstr(reason, "400 bytes"));
}

static void test_what_is_a_document(void **state)
{
    (void)state;
    assert_true(ssml_is("<speak>"));
    assert_true(ssml_is("\n\t <speak version='1.1'>"));
    assert_true(ssml_is("<speak"));
    assert_false(ssml_is("<speakers are loud"));
    assert_false(ssml_is("speak"));
    assert_false(ssml_is(""));
    assert_false(ssml_is("Hi <speak>"));
}

static void test_length_without_tags(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"", 0},
        {"Hello", 5},
        {"Zürich", 6},
        {"\xe4\xbd\xa0\xe5\xa5\xbd", 2},
        {"<b>x</b> &amp;", 14},
        {"<speak>Hello</speak>", 5},
        {"<speak>a<break time=\"1s\"/>b &amp; &#x20AC;<!-- not me --></speak>", 6},
        {"<speak>abc <voi", 8},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(speech_length(cases[i].text), cases[i].length);
}

static void test_as_many_characters_as_may_be(void **state)
{
    char text[3 * SPEECH_TEXT_MAX + 8] = "", reason[SPEECH_REASON];
    struct speech_request request = {.text = text};
    (void)state;
    for (size_t i = 0; i < SPEECH_TEXT_MAX; i++)
        strcat(text, "\xe4\xbd\xa0");
    assert_int_equal(speech_check(&request, reason), 0);
    strcat(text, "a");
    assert_int_equal(speech_check(&request, reason), EINVAL);
}

/* The steps of a document as text: what is read, [VOICE] and (SILENCE). */
static int write_step(const struct render_step *step, void *arg)
{
    char *out = arg;
    size_t used = strlen(out);

    if (step->document)
        snprintf(out + used, STEPS_MAX - used, "[%s]%s", step->file ? step->file : "",
                 step->document);
    else
        snprintf(out + used, STEPS_MAX - used, "(%u)", step->silence);
    return 0;
}

static void test_what_the_engine_reads(void **state)
{
    static const struct {
        const char *document, *steps;
    } cases[] = {
        {"<speak version=\"1.0\" xml:lang='de-DE'>a</speak>", "[]<speak>a</speak>"},
        {" <speak>a</speak> ", "[]<speak>a</speak>"},
        {"<speak/>", ""},
        {"<speak> <p> </p> </speak>", ""},
        {"<speak>a<!-- b -->c</speak>", "[]<speak>ac</speak>"},
        {"<speak>a<break time='1s'/>b</speak>", "[]<speak>a</speak>(1000)[]<speak>b</speak>"},
        {"<speak><break time='1.5s'/>b<break></break></speak>", "(1500)[]<speak>b</speak>(400)"},
        {"<speak>a<break strength='none'/>b</speak>", "[]<speak>ab</speak>"},
        {"<speak><prosody rate='slow'>a<break time=\"20ms\"/>b</prosody></speak>",
         "[]<speak><prosody rate='slow'>a</prosody></speak>(20)"
         "[]<speak><prosody rate='slow'>b</prosody></speak>"},
        {"<speak><s>a<lang xml:lang=\"de-DE\">b</lang>c</s></speak>",
         "[]<speak><s>a</s></speak>[gmw/de]<speak><s>b</s></speak>[]<speak><s>c</s></speak>"},
        {"<speak><lang xml:lang='fr-FR'>a<lang xml:lang='DE-de'>b</lang>c</lang></speak>",
         "[roa/fr]<speak>a</speak>[gmw/de]<speak>b</speak>[roa/fr]<speak>c</speak>"},
        {"<speak><lang xml:lang='tlh'>a</lang><lang>b</lang><lang/></speak>",
         "[]<speak>ab</speak>"},
        {"<speak><phoneme ph='x' alphabet='x-espeak'>a</phoneme></speak>", "[]<speak>a</speak>"},
        {"<speak><p xml:lang='fr-FR'>a</p></speak>", "[]<speak><p>a</p></speak>"},
        {"<speak><sub alias='a &amp; > b'>c<s>d<break/></s></sub>e</speak>",
         "[]<speak>a &amp; &gt; be</speak>"},
        {"<speak><sub>c</sub><sub alias='d'/>e</speak>", "[]<speak>cde</speak>"},
        {"<speak>&lt;&amp;&gt;&#60;&#65;&#x20ac;&quot;&apos;</speak>",
         "[]<speak>&lt;&amp;>&lt;A\xe2\x82\xac\"'</speak>"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char steps[STEPS_MAX] = "", reason[SPEECH_REASON];

        assert_int_equal(ssml_check(cases[i].document, reason, sizeof reason), 0);
        assert_int_equal(render(cases[i].document, write_step, steps), 0);
        assert_string_equal(steps, cases[i].steps);
    }
}

static int fail_second(const struct render_step *step, void *arg)
{
    (void)step;
    return ++*(int *)arg == 2 ? ECANCELED : 0;
}

static void test_rendering_ends_when_told(void **state)
{
    int steps = 0;
    (void)state;
    assert_int_equal(render("<speak>a<break/>b<break/>c</speak>", fail_second, &steps), ECANCELED);
    assert_int_equal(steps, 2);
}

/* A good document with bytes changed at random is taken or refused; what is taken can be
 * rendered. */
static void test_damaged_documents_do_no_harm(void **state)
{
    static const char document[] =
        "<speak a='b'>x<break time='1s'/><lang xml:lang=\"de-DE\">y</lang>&amp;<!-- c -->"
        "<p><s>z</s><sub alias=\"q&#65;\">w</sub></p><phoneme ph='p'>v</phoneme></speak>";
    static const char spice[] = "<>/&;\"'=!-# spb\x80";
    unsigned taken = 0;
    (void)state;
    srand(5);
    for (int i = 0; i < 20000; i++) {
        char damaged[sizeof document], reason[SPEECH_REASON] = "";

        memcpy(damaged, document, sizeof document);
        for (int k = rand() % 3; k >= 0; k--)
            damaged[(size_t)rand() % (sizeof document - 1)] = spice[(size_t)rand() % sizeof spice];
        ssml_length(damaged);
        text_is_valid(damaged);
        if (ssml_check(damaged, reason, sizeof reason) == 0) {
            char steps[STEPS_MAX] = "";

            assert_int_equal(render(damaged, write_step, steps), 0);
            taken++;
        } else {
            assert_string_not_equal(reason, "");
        }
    }
    assert_in_range(taken, 1000, 19000);
}

static void test_characters(void **state)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\xc2\x80",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc2",
                                      "\xc2\x41",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe4\xbd",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "a\xfe"};
    static const uint32_t characters[] = {'A', 0xe9, 0x20ac, 0x1f600};
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_valid(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_valid(bad[i]));
    for (size_t i = 0; i < COUNT(characters); i++) {
        char out[5] = "";

        assert_int_equal(text_put(out, characters[i]), i + 1);
        assert_int_equal(text_character(out), i + 1);
    }
}

static void assert_voice(const char *language, unsigned style, const char *name, const char *want)
{
    char voice[VOICE_NAME_MAX];

    assert_int_equal(voice_choose(voice, language, style, name), 0);
    assert_string_equal(voice, want);
}

static void test_whose_voice(void **state)
{
    char voice[VOICE_NAME_MAX];
    (void)state;
    assert_voice(NULL, 0, NULL, "gmw/en-US+f2");
    assert_voice(NULL, 1, NULL, "gmw/en-US+m3");
    assert_voice(NULL, 12, NULL, "gmw/en-US+f2");
    assert_voice("DE-de", 4294967295U, NULL, "gmw/de+m1");
    assert_voice(NULL, 0, "Kimberly", "gmw/en-US+f2");
    assert_voice(NULL, 0, "Amy", "gmw/en+f2");
    assert_voice(NULL, 0, "brian", "gmw/en+m3");
    assert_voice(NULL, 0, "Joey", "gmw/en-US+m3");
    assert_voice(NULL, 0, "Russell", "gmw/en+m3");
    assert_voice(NULL, 0, "Nicole", "gmw/en+f2");
    assert_voice(NULL, 0, "Salli", "gmw/en-US+f1");
    assert_voice(NULL, 0, "Mei-Jia", "sit/cmn+f2");
    assert_voice(NULL, 5, "Nobody", "gmw/en-US+f2"); /* the default voice */
    assert_voice("fr-FR", 1, "Amy", "roa/fr+m3");    /* the language says more */
    assert_int_equal(voice_choose(voice, "xx", 0, "Amy"), EINVAL);
    assert_true(speech_language("en-GB-WLS"));
    assert_true(speech_language("AR"));
    assert_false(speech_language("en"));
    assert_false(speech_language(""));
}

/* The tables of doc/languages.md are those of the code, row by row. */
static void test_the_list_of_languages(void **state)
{
    static char document[32768];
    FILE *file = fopen(LANGUAGES, "re");
    const char *tag, *name, *at;
    unsigned style;
    char row[128];
    size_t rows = 0;

    (void)state;
    assert_non_null(file);
    assert_in_range(fread(document, 1, sizeof document - 1, file), 1000, sizeof document - 2);
    fclose(file);
    for (size_t i = 0; voice_language_at(i, &tag, &name); i++, rows++) {
        snprintf(row, sizeof row, "\n| %s | %s |", tag, name);
        if (!strstr(document, row))
            fail_msg("missing:%s", row);
        assert_true(speech_language(tag));
    }
    for (size_t i = 0; voice_name_at(i, &name, &tag, &style); i++, rows++) {
        snprintf(row, sizeof row, "\n| %s | %s | %u |", name, tag, style);
        if (!strstr(document, row))
            fail_msg("missing:%s", row);
        assert_true(speech_language(tag));
    }
    rows += 4; /* heads */
    for (at = document; (at = strstr(at, "\n| ")); at++)
        rows--;
    assert_int_equal(rows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_documents),
        cmocka_unit_test(test_malformed_documents),
        cmocka_unit_test(test_a_huge_tag),
        cmocka_unit_test(test_what_is_a_document),
        cmocka_unit_test(test_length_without_tags),
        cmocka_unit_test(test_as_many_characters_as_may_be),
        cmocka_unit_test(test_what_the_engine_reads),
        cmocka_unit_test(test_rendering_ends_when_told),
        cmocka_unit_test(test_damaged_documents_do_no_harm),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_whose_voice),
        cmocka_unit_test(test_the_list_of_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
