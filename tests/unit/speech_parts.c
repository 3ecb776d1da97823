/* speech_parts.c: a text is cut where that is not heard: what its parts make together is as long
 * and as loud, from piece to piece, as the engine makes it of the whole. */
#include "speech_rig.h"

#include <math.h>

#include "speech/cut.h"
#include "speech/engine.h"
#include "speech/parts.h"

static void test_where_a_text_is_cut(void **state)
{
    static const struct {
        const char *text; /* cut at each | */
    } cases[] = {
        {"Hello there, |how are you? |Fine; |thanks: |bye! |Yes"},
        {"One, |2, |3"},
        {"It has ended there. |Then it began"},
        {"Mr. Smith, |Dr. No and Prof. Who"},
        {"an approximation. not a sentence, |see"},
        {"on the 3. Mai at 1.5 or 1,5 or 12:30 by a.m. Then"},
        {"He said \"yes, |no.\" Then he left, \"so\""},
        {"Wait... What?! (No, |this) - or, (that)"},
        {"the end, \n|goes on. \n\nNext one,\n\nnext"},
        {"no end,"},
        {"no end,  "},
        {", no beginning"},
        {""},
        {"\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82|\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97\xef\xbc\x9f"},
        {"\xe4\xbd\xa0\xef\xbc\x8c|\xe5\xa5\xbd\xef\xbc\x81\xe2\x80\x9d\xe5\xa5\xbd"},
        {"\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa5\xa4 |\xe0\xa4\x86\xe0\xa4\xaa"},
        {"\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7\xd8\x8c |\xd9\x83\xd9\x8a\xd9\x81"},
        {"Caf\xc3\xa9, |\xc3\xbc"
         "ber, \xe2\x80\x9cquoted"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200] = "", *to = text, got[200] = "";
        const char *rest = text;
        size_t size;

        for (const char *c = cases[i].text; *c; c++) {
            if (*c != '|')
                *to++ = *c;
        }
        while ((size = cut_find(rest, strlen(rest), 0)) > 0) {
            strncat(got, rest, size);
            strcat(got, "|");
            rest += size;
        }
        strcat(got, rest);
        assert_string_equal(got, cases[i].text);
    }
    assert_int_equal(cut_find("Hello there, how are you? Fine", 30, 14), 26);
    assert_int_equal(cut_find("Hello there, how are you? Fine", 12, 0), 0);
}

struct taken {
    int16_t samples[22050 * 200];
    size_t length;
};

static int take(const int16_t *samples, size_t n, void *arg)
{
    struct taken *taken = arg;

    assert_true(taken->length + n < sizeof taken->samples / sizeof *samples);
    memcpy(taken->samples + taken->length, samples, n * sizeof *samples);
    taken->length += n;
    return 0;
}

static unsigned rate;

static void say_in_parts(struct taken *taken, const char *text, const char *voice, size_t *count)
{
    struct parts *parts;

    assert_int_equal(parts_make(&parts, text, voice), 0);
    taken->length = 0;
    *count = parts->count;
    for (size_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->part[i];
        unsigned flags = (part->ssml ? ENGINE_SSML : 0) | (part->goes_on ? ENGINE_GOES_ON : 0);

        assert_non_null(part->text);
        assert_int_equal(engine_say(part->voice, part->text, flags, take, taken), 0);
    }
    mem_unref(parts);
}

/* [dB] of the 100 ms at `at`; what is faint is as good as silence. */
static double level_at(const struct taken *taken, size_t at)
{
    double sum = 1;

    for (size_t i = at; i < at + rate / 10; i++)
        sum += (double)taken->samples[i] * taken->samples[i];
    return fmax(30, 10 * log10(sum / rate * 10));
}

/* By how much [dB] their loudness differs in the mean. */
static double difference(const struct taken *a, const struct taken *b)
{
    double sum = 0;
    size_t n = 0;

    for (size_t at = 0; at + rate / 5 < a->length && at + rate / 5 < b->length;
         at += rate / 10, n++)
        sum += fabs(level_at(a, at) - level_at(b, at));
    return n ? sum / (double)n : 0;
}

#define LINE                                                                                   \
    "Thank you for calling, we are glad to help you. Please hold the line, one of our people " \
    "will "                                                                                    \
    "be with you shortly! Do you know that you can find us on the web? Press one to hear it "  \
    "again; press two to leave a message: then wait for the tone. "

static void check(const char *voice, const char *text, size_t at_least)
{
    static struct taken whole, parts;
    size_t count;
    double late;

    engine_say(voice, text, strstr(text, "<speak") ? ENGINE_SSML : 0, take, &whole);
    whole.length = 0; /* the voice has been changed, and the first words are as those behind */
    assert_int_equal(
        engine_say(voice, text, strstr(text, "<speak") ? ENGINE_SSML : 0, take, &whole), 0);
    say_in_parts(&parts, text, voice, &count);
    if (count < at_least || (at_least == 1 && count > 1))
        fail_msg("%zu parts: %s", count, text);
    late = ((double)parts.length - (double)whole.length) / rate;
    if (fabs(late) > 0.04)
        fail_msg("%s: %.3f s longer than %.3f s: %s", voice, late, (double)whole.length / rate,
                 text);
    if (difference(&whole, &parts) > 3)
        fail_msg("%s: other by %.1f dB: %s", voice, difference(&whole, &parts), text);
    whole.length = 0;
}

static void test_parts_sound_as_the_whole(void **state)
{
    (void)state;
    assert_int_equal(engine_start(&rate), 0);
    check("gmw/en-US+f2", LINE, 3);
    check("gmw/en-US+m3", LINE LINE LINE LINE, 4);
    check("gmw/en+f2", "Hello there, how are you today? Fine.", 2);
    check(
        "gmw/de+f2",
        "Guten Tag, Sie sprechen mit der Zentrale. Herr Dr. M\xc3\xbcller ist am 3. Mai wieder da! "
        "M\xc3\xb6"
        "chten Sie eine Nachricht hinterlassen? Dann sprechen Sie bitte nach dem Ton: vielen Dank",
        2);
    check(
        "roa/fr+f1",
        "Bonjour, merci de votre appel. Veuillez patienter, un conseiller va vous r\xc3\xa9pondre; "
        "merci de votre patience! \xc3\x80 bient\xc3\xb4t, et bonne journ\xc3\xa9"
        "e",
        2);
    check("roa/es+m1",
          "Buenos d\xc3\xad"
          "as, gracias por llamar. Espere un momento, por favor; le atenderemos enseguida",
          2);
    check("zle/ru+f2",
          "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, "
          "\xd0\xba\xd0\xb0\xd0\xba \xd0\xb4\xd0\xb5\xd0\xbb\xd0\xb0? "
          "\xd0\xa5\xd0\xbe\xd1\x80\xd0\xbe\xd1\x88\xd0\xbe, "
          "\xd1\x81\xd0\xbf\xd0\xb0\xd1\x81\xd0\xb8\xd0\xb1\xd0\xbe",
          2);
    check("sit/cmn+f2",
          "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82\xe4\xbd\xa0\xe5\xa5\xbd"
          "\xe5\x90\x97\xef\xbc\x9f\xe6\x88\x91\xe5\xbe\x88\xe5\xa5\xbd",
          2);
}

/* Tags that go over a cut: what they do is neither lost nor done twice. */
static void test_tagged_parts_sound_as_the_whole(void **state)
{
    static const struct {
        const char *text;
        size_t at_least;
    } texts[] = {
        {"<speak>" LINE LINE "</speak>", 3},
        {"<speak><p>" LINE "</p><p>And this is all, I think. Good bye</p></speak>", 2},
        {"<speak><s>Hello there, how are you?</s><s>Fine, thank you; and you?</s></speak>", 2},
        {"<speak><prosody rate=\"slow\">" LINE "</prosody> " LINE "</speak>", 1},
        {"<speak>First of all, hello. <prosody rate=\"fast\" pitch=\"high\">" LINE
         "</prosody> And this is as before, I hope.</speak>",
         1},
        {"<speak><prosody volume=\"soft\" rate=\"slow\"><p>" LINE "</p>" LINE "</prosody></speak>",
         3},
        {"<speak><prosody pitch=\"x-high\">" LINE "</prosody></speak>", 2},
        {"<speak>Fish &amp; chips, &#x61; lot of them. <emphasis>Really, all of them, I "
         "say</emphasis> "
         "are here, for you.</speak>",
         2},
        {"<speak>It costs <say-as interpret-as=\"characters\">1, 2, 3</say-as> of them, I say. "
         "Only "
         "today, though</speak>",
         2},
    };

    (void)state;
    assert_int_equal(engine_start(&rate), 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check("gmw/en-US+f2", texts[i].text, texts[i].at_least);
}

/* What a part leaves open is not open in another text that comes between. */
static void test_a_part_leaves_nothing_behind(void **state)
{
    static const char open[] = "<speak><prosody rate=\"x-slow\" volume=\"silent\">Hello there. ";
    static struct taken before, behind;
    int flags = ENGINE_SSML | ENGINE_GOES_ON;

    (void)state;
    assert_int_equal(engine_start(&rate), 0);
    for (int ssml = 0; ssml < 2; ssml++) {
        const char *text = ssml ? "<speak>" LINE "</speak>" : LINE;
        unsigned own = ssml ? ENGINE_SSML : 0;

        assert_int_equal(engine_say("gmw/en-US+f2", text, own, take, &before), 0);
        before.length = behind.length = 0;
        assert_int_equal(engine_say("gmw/en-US+f2", text, own, take, &before), 0);
        assert_int_equal(engine_say("gmw/en-US+f2", open, (unsigned)flags, take, &behind), 0);
        behind.length = 0;
        assert_int_equal(engine_say("gmw/en-US+f2", text, own, take, &behind), 0);
        assert_in_range(behind.length, before.length - rate / 25, before.length + rate / 25);
        assert_true(difference(&before, &behind) < 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_a_text_is_cut),
        cmocka_unit_test(test_parts_sound_as_the_whole),
        cmocka_unit_test(test_tagged_parts_sound_as_the_whole),
        cmocka_unit_test(test_a_part_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
