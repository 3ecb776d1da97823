/* conf_read.c: what a configuration file may say, and what is told of a bad one. */
#include "conf/conf.h"
#include "base/mem.h"
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/offhook-conf-XXXXXX";
static char path[64];

#define A "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define B "8d0f7780-8536-41ef-855c-f18fd2a01bf8"
#define PUBLIC "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"

static void put(const char *name, const char *text)
{
    char file[128];
    FILE *out;

    snprintf(file, sizeof file, "%s/%s", folder, name);
    out = fopen(file, "we");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/offhook.conf", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct conf *read_text(const char *text)
{
    char error[CONF_ERROR];
    struct conf *conf = NULL;

    put("offhook.conf", text);
    if (conf_read(&conf, path, error))
        fail_msg("%s", error);
    return conf;
}

static void check_defaults(const struct conf *conf)
{
    assert_int_equal(conf->sip.listen_count, 2);
    assert_string_equal(conf->sip.listen[0].transport, "udp");
    assert_string_equal(conf->sip.listen[1].transport, "tcp");
    assert_string_equal(conf->sip.listen[1].host, "127.0.0.1");
    assert_int_equal(conf->sip.listen[1].port, 5060);
    assert_string_equal(conf->sip.advertise, "");
    assert_string_equal(conf->sip.domain, "");
    assert_true(conf->sip.nat);
    assert_int_equal(conf->sip.drain_seconds, 30);
    assert_string_equal(conf->rtp.address, "127.0.0.1");
    assert_string_equal(conf->rtp.address6, "");
    assert_string_equal(conf->rtp.advertise6, "");
    assert_int_equal(conf->rtp.port_low, 10000);
    assert_int_equal(conf->rtp.port_high, 29999);
    assert_int_equal(conf->rtp.workers, 0);
    assert_int_equal(conf->rtp.codec_count, 4);
    assert_string_equal(conf->rtp.codecs[0], "PCMU");
    assert_string_equal(conf->rtp.codecs[1], "PCMA");
    assert_string_equal(conf->rtp.codecs[2], "G722");
    assert_string_equal(conf->rtp.codecs[3], "opus");
    assert_false(conf->rtp.prefer_ours);
    assert_int_equal(conf->rtp.silence_timeout, 60);
    assert_true(conf->rtp.pin && conf->rtp.straight);
    assert_int_equal(conf->rtp.part_limit, 400);
    assert_string_equal(conf->http.listen.host, "127.0.0.1");
    assert_int_equal(conf->http.listen.port, 8080);
    assert_string_equal(conf->http.public_url, "");
    assert_string_equal(conf->http.api_key, "");
    assert_string_equal(conf->http.signature_secret, "");
    assert_string_equal(conf->store.url, "sqlite:/var/lib/offhook/offhook.db");
    assert_string_equal(conf->media.recordings, "/var/lib/offhook/recordings");
    assert_int_equal(conf->media.cache_mb, 256);
    assert_int_equal(conf->media.timeout, 30000);
    assert_string_equal(conf->speech.engine.url, "");
    assert_string_equal(conf->speech.engine.scope, "all");
    assert_string_equal(conf->speech.engine.method, "POST");
    assert_int_equal(conf->speech.engine.timeout, 2000);
    assert_int_equal(conf->speech.engine.connect_timeout, 500);
    assert_int_equal(conf->speech.engine.voice_count, 0);
    assert_int_equal(conf->webhook.allow_count, 0);
    assert_int_equal(conf->webhook.connect_timeout, 1000);
    assert_int_equal(conf->webhook.answer_timeout, 5000);
    assert_int_equal(conf->webhook.event_timeout, 10000);
    assert_string_equal(conf->recogniser.url, "");
    assert_string_equal(conf->recogniser.model, "");
    assert_true(!conf->recogniser.headers || !conf->recogniser.headers[0]);
    assert_int_equal(conf->recogniser.connect_timeout, 1000);
    assert_int_equal(conf->recogniser.timeout, 10000);
    assert_int_equal(conf->recogniser.concurrency, 16);
    assert_int_equal(conf->recogniser.queue, 64);
    assert_int_equal(conf->limits.legs, 4000);
    assert_int_equal(conf->limits.calls_per_second, 0);
    assert_int_equal(conf->limits.outgoing_per_second, 0);
    assert_int_equal(conf->limits.calls_per_second_per_source, 50);
    assert_int_equal(conf->application_count, 0);
    assert_int_equal(conf->trunk_count, 0);
    assert_int_equal(conf->log.level, LOG_INFO);
}

static void empty_file_gives_the_defaults(void **state)
{
    struct conf *conf = read_text("");
    char error[CONF_ERROR];

    (void)state;
    check_defaults(conf);
    mem_unref(conf);
    assert_int_equal(conf_read(&conf, NULL, error), 0);
    check_defaults(conf);
    mem_unref(conf);
}

static void sample_is_up_to_date_and_gives_the_defaults(void **state)
{
    char made[16384] = "", committed[16384] = "", error[CONF_ERROR];
    FILE *out = fmemopen(made, sizeof made, "w"), *in = fopen(SAMPLE, "re");
    struct conf *conf = NULL;

    (void)state;
    assert_non_null(out);
    assert_non_null(in);
    conf_write_sample(out);
    fclose(out);
    assert_true(fread(committed, 1, sizeof committed - 1, in) > 0);
    fclose(in);
    assert_string_equal(committed, made);
    assert_int_equal(conf_read(&conf, SAMPLE, error), 0);
    check_defaults(conf);
    mem_unref(conf);
}

/* The applications and trunks of the sample are comments; without their marks they are good. */
static void sample_with_its_examples_is_good(void **state)
{
    static char text[16384];
    FILE *in = fopen(SAMPLE, "re");
    bool inside = false;
    char line[256];
    struct conf *conf;

    (void)state;
    assert_non_null(in);
    text[0] = '\0';
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, "# applications = ", 17) == 0 || strncmp(line, "# trunks = ", 11) == 0)
            inside = true;
        if (strstr(line, "/etc/offhook/demo.pub"))
            strcpy(line, "# public_key = \"demo.pub\";\n");
        strcat(text, inside ? line + 2 : line);
        if (strcmp(line, "# );\n") == 0)
            inside = false;
    }
    fclose(in);
    put("demo.pub", PUBLIC);
    conf = read_text(text);
    check_defaults(&(struct conf){.sip = conf->sip,
                                  .rtp = conf->rtp,
                                  .speech = conf->speech,
                                  .http = conf->http,
                                  .store = conf->store,
                                  .media = conf->media,
                                  .webhook = conf->webhook,
                                  .recogniser = conf->recogniser,
                                  .limits = conf->limits,
                                  .log = conf->log});
    assert_int_equal(conf->application_count, 1);
    assert_string_equal(conf->applications[0].public_key, PUBLIC);
    assert_string_equal(conf->applications[0].name, "demo");
    assert_string_equal(conf->applications[0].voice.answer_method, "GET");
    assert_string_equal(conf->applications[0].voice.event_method, "POST");
    assert_int_equal(conf->applications[0].number_count, 2);
    assert_int_equal(conf->trunk_count, 1);
    assert_string_equal(conf->trunks[0].proxies[0], "sip:127.0.0.1:5080;transport=udp");
    assert_int_equal(conf->trunks[0].prefix_count, 1);
    assert_int_equal(conf->trunks[0].allow_count, 1);
    mem_unref(conf);
}

static void reads_every_kind_of_value(void **state)
{
    struct conf *conf;

    (void)state;
    put("flow.json", " [ { \"action\": \"talk\", \"text\": \"{to}\" } ]\n");
    conf = read_text("sip: { listen = [ \"tcp:[::1]:0\" ]; };\n"
                     "rtp: { ports = ( 4000, 4001 ); codecs = [ \"pcma\", \"l16/16000\",\n"
                     "  \"Opus/16000\", \"L16/8000\" ]; prefer = \"Ours\"; };\n"
                     "http: { listen = \"[::]:0\"; public_url = \"https://x.example\"; };\n"
                     "applications = (\n"
                     "  { id = \"" A "\"; public_key = \"-----BEGIN PUBLIC KEY-----\";\n"
                     "    voice: { ncco = \"[ { \\\"action\\\": \\\"talk\\\" } ]\"; }; },\n"
                     "  { id = \"" B "\"; voice: { ncco = \"flow.json\"; };\n"
                     "    numbers = [ \"+1 (555) 010-0002\", \"1555*\", \"*\",\n"
                     "                \"1234567890123456789012345678901*\" ]; } );\n"
                     "trunks = ( { name = \"t\"; proxies = [ \"sip:a\", \"sip:b\" ];\n"
                     "             prefixes = [ ]; codecs = [ \"g729\" ]; ptime = 30; },\n"
                     "           { name = \"u\"; proxy = \"sip:c\"; } );\n"
                     "speech: { engine: { url = \"http://127.0.0.1:9/say\"; for = \"Premium\";\n"
                     "  method = \"put\"; headers = [ \"X-Key: a:b\", \"X-None:\" ];\n"
                     "  voices = [ \"en-US/12=a=b\", \"ar=x\", \"*=y\" ]; timeout = 50; }; };\n"
                     "log: { level = \"debug\"; };\n");
    assert_string_equal(conf->speech.engine.url, "http://127.0.0.1:9/say");
    assert_string_equal(conf->speech.engine.scope, "premium");
    assert_string_equal(conf->speech.engine.method, "PUT");
    assert_string_equal(conf->speech.engine.headers[0], "X-Key");
    assert_string_equal(conf->speech.engine.headers[1], "a:b");
    assert_int_equal(conf->speech.engine.voice_count, 3);
    assert_string_equal(conf->speech.engine.voices[0], "en-US/12=a=b");
    assert_int_equal(conf->speech.engine.timeout, 50);
    assert_string_equal(conf->sip.listen[0].host, "::1");
    assert_int_equal(conf->sip.listen[0].port, 0);
    assert_int_equal(conf->rtp.codec_count, 4);
    assert_string_equal(conf->rtp.codecs[0], "PCMA");
    assert_string_equal(conf->rtp.codecs[1], "L16");
    assert_string_equal(conf->rtp.codecs[2], "opus/16000");
    assert_true(conf->rtp.prefer_ours);
    assert_int_equal(conf->rtp.port_high, 4001);
    assert_string_equal(conf->http.listen.host, "::");
    assert_string_equal(conf->http.listen.transport, "tcp");
    assert_string_equal(conf->applications[0].voice.ncco, "[ { \"action\": \"talk\" } ]");
    assert_string_equal(conf->applications[0].name, A);
    assert_non_null(strstr(conf->applications[1].voice.ncco, "{to}"));
    assert_string_equal(conf->applications[1].numbers[0], "15550100002");
    assert_string_equal(conf->applications[1].numbers[1], "1555*");
    assert_string_equal(conf->applications[1].numbers[3], "1234567890123456789012345678901*");
    assert_int_equal(conf->trunks[0].proxy_count, 2);
    assert_string_equal(conf->trunks[0].proxies[1], "sip:b");
    assert_int_equal(conf->trunks[0].prefix_count, 0);
    assert_int_equal(conf->trunks[0].codec_count, 1);
    assert_string_equal(conf->trunks[0].codecs[0], "G729");
    assert_int_equal(conf->trunks[0].ptime, 30);
    assert_int_equal(conf->trunks[1].codec_count, 0);
    assert_int_equal(conf->trunks[1].ptime, 0);
    assert_int_equal(conf->log.level, LOG_DEBUG);
    mem_unref(conf);
}

static void includes_files_beside_it(void **state)
{
    char error[CONF_ERROR], text[256];
    struct conf *conf;

    (void)state;
    put("secret.conf", "signature_secret = \"not-a-real-secret\";\n");
    conf = read_text("http: {\n@include \"secret.conf\"\n};\n");
    assert_string_equal(conf->http.signature_secret, "not-a-real-secret");
    mem_unref(conf);

    snprintf(text, sizeof text, "http: {\n@include \"%s/secret.conf\"\n};\n", folder);
    conf = read_text(text);
    assert_string_equal(conf->http.signature_secret, "not-a-real-secret");
    mem_unref(conf);

    put("secret.conf", "\nsignature_secret = 1;\n");
    put("offhook.conf", "http: {\n@include \"secret.conf\"\n};\n");
    assert_int_equal(conf_read(&conf, path, error), EINVAL);
    assert_non_null(strstr(error, "secret.conf:2: signature_secret must be a text"));
}

static void tells_what_is_wrong_and_where(void **state)
{
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"sip: { lisen = 1; };", ":1: unknown key sip.lisen"},
        {"\n\nnonsense: { };", ":3: unknown key nonsense"},
        {"sip: {\n tls: { what = 1; }; };", ":2: unknown key sip.tls.what"},
        {"sip = 1;", ":1: sip must be a group"},
        {"sip: { listen = \"udp:127.0.0.1:5060\"; };", "sip.listen must be a list"},
        {"sip: { listen = [ ]; };", "sip.listen names no place"},
        {"sip: { listen = [ \"udp:localhost:5060\" ]; };", "\"udp:localhost:5060\" is no udp:"},
        {"sip: { listen = [ \"udp:::1:5060\" ]; };", "is no udp:"},
        {"sip: { listen = [ \"udp:127.0.0.1:65536\" ]; };", "is no udp:"},
        {"sip: { listen = [ \"sctp:127.0.0.1:5060\" ]; };", "is no udp:"},
        {"sip: { listen = [ \"tls:127.0.0.1:5061\" ]; };",
         "tls: in sip.listen needs sip.tls.certificate and sip.tls.key"},
        {"sip: { tls: { client_certificates = \"needed\"; }; };",
         "sip.tls.client_certificates needs sip.tls.ca"},
        {"sip: { tls: { client_certificates = \"perhaps\"; }; };", "off, asked or needed"},
        {"trunks = ( { name = \"t\"; proxy = \"sips:a\"; } );",
         "proxy \"sips:a\" needs a tls: address in sip.listen"},
        {"sip: { drain_seconds = \"30\"; };", "sip.drain_seconds must be a whole number"},
        {"sip: { drain_seconds = -1; };", "sip.drain_seconds must be 0 to 86400"},
        {"speech: { engine: { url = \"ftp://x\"; }; };", "speech.engine.url is no http://"},
        {"speech: { engine: { for = \"none\"; }; };", "speech.engine.for must be all or premium"},
        {"speech: { engine: { method = \"GET\"; }; };", "speech.engine.method must be POST or PUT"},
        {"speech: { engine: { headers = [ \"secret\" ]; }; };",
         ":1: speech.engine.headers must be texts"},
        {"speech: { engine: { headers = [ \"A b: c\" ]; }; };",
         "speech.engine.headers must be texts"},
        {"speech: { engine: { headers = \"A: b\"; }; };", "speech.engine.headers must be a list"},
        {"speech: { engine: { voices = [ \"en-US\" ]; }; };", "\"en-US\" is not like en-US/1=NAME"},
        {"speech: { engine: { voices = [ \"en-US/=x\" ]; }; };", "is not like"},
        {"speech: { engine: { voices = [ \"en-US/a=x\" ]; }; };", "is not like"},
        {"speech: { engine: { voices = [ \"en-US/1=\" ]; }; };", "is not like"},
        {"speech: { engine: { voices = [ \"*/1=x\" ]; }; };", "is not like"},
        {"speech: { engine: { timeout = 0; }; };", "speech.engine.timeout must be 1 to 60000"},
        {"speech: { voice = 1; };", "unknown key speech.voice"},
        {"rtp: { address = \"here\"; };", "rtp.address must be a numeric address"},
        {"rtp: { address6 = \"127.0.0.1\"; };", "rtp.address6 must be a numeric IPv6 address"},
        {"rtp: { address = \"::1\"; address6 = \"::1\"; };", "goes with an rtp.address of IPv4"},
        {"rtp: { part_limit = 15; };", "rtp.part_limit must be 16 to 100000"},
        {"rtp: { part_limit = 100001; };", "rtp.part_limit must be 16 to 100000"},
        {"rtp: { ports = [ 10001, 20001 ]; };", "an even port from 1024"},
        {"rtp: { ports = [ 10000, 20000 ]; };", "an even port from 1024"},
        {"rtp: { ports = [ 20000, 10001 ]; };", "an even port from 1024"},
        {"rtp: { ports = [ 10000 ]; };", "an even port from 1024"},
        {"rtp: { ports = [ 10000, 70001 ]; };", "an odd one to 65535"},
        {"rtp: { codecs = [ \"MP3\" ]; };",
         "rtp.codecs: no codec \"MP3\" here; known are PCMU, PCMA, G722, G729, GSM, speex, "
         "speex/8000, L16, L16/8000, L16/48000, opus, opus/16000 and opus/8000"},
        {"rtp: { codecs = [ \"L16/44100\" ]; };", "no codec \"L16/44100\" here"},
        {"rtp: { codecs = [ \"PCMU\", \"pcmu\" ]; };",
         "rtp.codecs: PCMU and PCMU cannot be told apart by a peer"},
        {"rtp: { codecs = [ \"opus/8000\", \"PCMU\", \"Opus\" ]; };",
         "rtp.codecs: opus/8000 and opus cannot be told apart by a peer"},
        {"rtp: { prefer = \"mine\"; };", "rtp.prefer must be theirs or ours"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; codecs = [ \"X\" ]; } );",
         "codecs: no codec \"X\" here"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; ptime = 25; } );",
         "ptime must be 0, or 10 to 60 in steps of 10"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; ptime = 70; } );",
         "ptime must be 0, or 10 to 60 in steps of 10"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; ptime = -10; } );",
         "ptime must be 0, or 10 to 60 in steps of 10"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; ptime = \"20\"; } );",
         "ptime must be 0, or 10 to 60 in steps of 10"},
        {"rtp: { codecs = [ ]; };", "rtp.codecs names no codec"},
        {"http: { listen = \"8080\"; };", "\"8080\" is no ADDRESS:PORT"},
        {"http: { public_url = \"ftp://x\"; };", "http.public_url is no http:// or https:// URL"},
        {"http: { public_url = \"http://\"; };", "http.public_url is no http:// or https:// URL"},
        {"http: { api_key = \"abcd\"; };", "http.api_key and http.api_secret go together"},
        {"http: { tls: { key = \"k\"; }; };", "http.tls.key go together"},
        {"store: { url = \"mysql:x\"; };", "store.url must be sqlite:FILE"},
        {"webhook: { allow = [ \"10.0.0.0/33\" ]; };", "\"10.0.0.0/33\" is no network"},
        {"log: { level = \"loud\"; };", "log.level must be error, warning"},
        {"applications = [ ];", "applications must be a list of groups"},
        {"applications = ( 1 );", "applications holds something that is no group"},
        {"applications = ( { } );", ":1: id is missing"},
        {"applications = ( { id = \"a b\"; } );", "id \"a b\" is no uuid"},
        {"applications = ( { id = \"" A "\"; },\n { id = \"" A "\"; } );",
         ":2: application " A " is given twice"},
        {"applications = ( { id = \"" A "\"; key = \"\"; } );", "unknown key key"},
        {"applications = ( { id = \"" A "\"; public_key = \"none.pub\"; } );",
         "none.pub: No such file or directory"},
        {"applications = ( { id = \"" A "\"; public_key = \"-----BEGIN PRIVATE KEY-----\"; } );",
         "public_key is a private key"},
        {"applications = ( { id = \"" A "\"; public_key = \"offhook.conf\"; } );",
         "public_key is no public key in PEM form"},
        {"applications = ( { id = \"" A "\"; voice: { ncco = \"[ 1, ]\"; }; } );",
         "voice.ncco is not JSON: "},
        {"applications = ( { id = \"" A "\"; voice: { ncco = \"offhook.conf\"; }; } );",
         "voice.ncco is not JSON: "},
        {"applications = ( { id = \"" A "\"; voice: { ncco = \"none.json\"; }; } );",
         "cannot read"},
        {"applications = ( { id = \"" A "\"; voice: { answer_method = \"PUT\"; }; } );",
         "voice.answer_method must be GET or POST"},
        {"applications = ( { id = \"" A "\"; voice: { signed = true; }; } );",
         "voice.signed needs signature_secret or http.signature_secret"},
        {"applications = ( { id = \"" A "\"; numbers = [ \"1x\" ]; } );", "\"1x\" is no number"},
        {"applications = ( { id = \"" A "\"; numbers = [ 1555 ]; } );", "must be a text in quotes"},
        {"applications = ( { id = \"" A "\"; numbers = [ \"1\" ]; },\n"
         "                 { id = \"" B "\"; numbers = [ \"+1\" ]; } );",
         ":2: number 1 is given twice"},
        {"trunks = ( { name = \"t\"; } );", "proxy is missing"},
        {"trunks = ( { proxy = \"sip:a\"; } );", "name is missing"},
        {"trunks = ( { name = \"t\"; proxy = \"a\"; } );", "\"a\" is no SIP URI"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; proxies = [ \"sip:b\" ]; } );",
         "give proxy or proxies, not both"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; },\n { name = \"t\"; proxy = \"sip:a\"; } "
         ");",
         ":2: trunk t is given twice"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; prefixes = [ \"x\" ]; } );",
         "\"x\" are no digits"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; dtmf = \"loud\"; } );",
         "dtmf must be auto, rfc4733, info or inband"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; dtmf = 7; } );", "dtmf must be a text"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; session_timer = 60; } );",
         "session_timer must be 0, or 90 to 7200"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; rel100 = \"on\"; } );",
         "rel100 must be off, supported or required"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; redirect = \"yes\"; } );",
         "redirect must be refuse or follow"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; refer = true; } );",
         "refer must be a text"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; register = true; } );",
         "register needs username and password"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; password = \"x\"; } );",
         "password needs username"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; identity = [ \"pai\" ]; } );",
         "identity without \"from\" needs from_user or username"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; identity = [ \"pia\" ]; } );",
         "identity must be a list of from, pai, ppi and rpid"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; identity = 7; } );",
         "identity must be a list of from, pai, ppi and rpid"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; privacy = \"no\"; } );",
         "privacy must be off, withheld or always"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; failover_on = [ 503, 486 ]; } );",
         "never 486"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; failover_on = [ 302 ]; } );",
         "statuses from 400 to 699"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; failover_on = [ \"503\" ]; } );",
         "statuses from 400 to 699"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; outbound = [ \"00* > +*\" ]; } );",
         "outbound: \"00* > +*\" is no rule"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; outbound = [ \"00 -> +*\" ]; } );",
         "is no rule"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; outbound = [ \"* ->\" ]; } );",
         "is no rule"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; caller = \"x* -> *\"; } );",
         "caller: \"x* -> *\" is no rule"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; inbound = 7; } );",
         "inbound: \"\" is no rule"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; from_user = \"a@b\"; } );",
         "from_user must be a user name or a number"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; outbound_proxy = \"host\"; } );",
         "outbound_proxy: \"host\" is no SIP URI"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; registrar = \"host\"; } );",
         "registrar: \"host\" is no SIP URI"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; expires = 5; } );",
         "expires must be 60 to 86400"},
        {"sip: { dns = [ \"ns.example\" ]; };", "sip.dns: \"ns.example\" is no ADDRESS"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; srtp = \"maybe\"; } );",
         "off, optional or required"},
        {"sip: { registrar = true; registrar_allow = [ \"127.0.0.1\" ]; };",
         "sip.registrar needs sip.domain"},
        {"sip: { registrar = true; domain = \"a.test\"; };",
         "sip.registrar needs sip.registrar_allow"},
        {"sip: { digest = \"plain\"; };", "MD5, SHA-256 or both"},
        {"trunks = ( { name = \"t\"; proxy = \"sip:a\"; inbound_user = \"u\"; } );",
         "inbound_user and inbound_password go together"},
        {"limits: { challenges_per_second_per_source = 0; };",
         "challenges_per_second_per_source must be 1 to"},
        {"recogniser: { headers = \"X: y\"; };", "recogniser.headers must be a list"},
        {"recogniser: { headers = [ \"X y\" ]; };", "texts such as \"X-Key: value\""},
        {"recogniser: { headers = [ \": y\" ]; };", "texts such as"},
        {"recogniser: { headers = [ \"X: a\\r\\nY: b\" ]; };", "texts such as"},
        {"recogniser: { headers = [ 1 ]; };", "texts such as"},
        {"recogniser: {\n headers = [ \"host: x\" ]; };", ":2: recogniser.headers: host belongs"},
        {"recogniser: { url = \"ftp://h/\"; };", "recogniser.url is no http:// or https:// URL"},
        {"recogniser: { timeout = 0; };", "recogniser.timeout must be 1 to 120000"},
        {"recogniser: { url = \"http://h/\"; model = \"/m\"; };",
         ":1: give recogniser.url or recogniser.model, not both"},
        {"sip: {\n listen = [ ; };", ":2: "},
        {"@include \"none.conf\"\n", ":1: "},
        {"log: { level = \"info\"; level = \"debug\"; };", ":1: "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[CONF_ERROR];
        struct conf *conf = NULL;

        put("offhook.conf", cases[i].text);
        assert_int_equal(conf_read(&conf, path, error), EINVAL);
        if (strncmp(error, folder, strlen(folder)) != 0 || !strstr(error, cases[i].told))
            fail_msg("%s\n  told: %s\n  not:  %s", cases[i].text, error, cases[i].told);
    }
}

static void reads_headers(void **state)
{
    struct conf *conf =
        read_text("recogniser: { url = \"http://127.0.0.1:1/x?a=b\";\n"
                  " headers = [ \"Authorization: Bearer t: u\", \"X-Empty:\" ]; };");
    const char **headers = conf->recogniser.headers;

    (void)state;
    assert_string_equal(conf->recogniser.url, "http://127.0.0.1:1/x?a=b");
    assert_string_equal(headers[0], "Authorization");
    assert_string_equal(headers[1], "Bearer t: u");
    assert_string_equal(headers[2], "X-Empty");
    assert_string_equal(headers[3], "");
    assert_null(headers[4]);
    mem_unref(conf);
}

/* A model is good where there is something that can read it. */
static void model_belongs_to_a_build(void **state)
{
    char error[CONF_ERROR];
    struct conf *conf = NULL;
    int err;

    (void)state;
    put("offhook.conf", "recogniser: { model = \"/m\"; };");
    err = conf_read(&conf, path, error);
#ifdef HAVE_POCKETSPHINX
    assert_int_equal(err, 0);
    assert_string_equal(conf->recogniser.model, "/m");
    mem_unref(conf);
#else
    assert_int_equal(err, EINVAL);
    assert_non_null(strstr(error, ":1: recogniser.model: this build has no PocketSphinx"));
#endif
}

static void tells_several_lines_and_no_secret(void **state)
{
    char error[CONF_ERROR], text[4096] = "";
    struct conf *conf = NULL;

    (void)state;
    put("offhook.conf",
        "http: { api_secret = \"hush\"; public_url = \"http//user:hush@x\"; };\n"
        "log: { level = 1; };\n"
        "trunks = ( { name = \"t\"; proxy = \"sip:a\"; password = \"hush\"; expires = 1; } );\n");
    assert_int_equal(conf_read(&conf, path, error), EINVAL);
    assert_non_null(strstr(error, ":1: http.public_url"));
    assert_non_null(strstr(error, "\n"));
    assert_non_null(strstr(error, ":2: level must be"));
    assert_non_null(strstr(error, ":3: expires must be 60 to 86400"));
    assert_null(strstr(error, "hush"));
    put("offhook.conf", "recogniser: { headers = [ \"Host: hush\", \"hush\" ]; };\n");
    assert_int_equal(conf_read(&conf, path, error), EINVAL);
    assert_null(strstr(error, "hush"));

    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "wrong%d = 1;\n", i);
    put("offhook.conf", text);
    assert_int_equal(conf_read(&conf, path, error), EINVAL);
    assert_true(strlen(error) < CONF_ERROR);
    assert_non_null(strstr(error, ":1: unknown key wrong0\n"));
}

static void missing_file_is_told(void **state)
{
    char error[CONF_ERROR];
    struct conf *conf = NULL;

    (void)state;
    assert_int_equal(conf_read(&conf, "/none/such.conf", error), ENOENT);
    assert_string_equal(error, "/none/such.conf: No such file or directory");
    assert_int_equal(conf_read(&conf, folder, error), EINVAL);
    assert_non_null(strstr(error, "Is a directory"));
}

static int nothing_left(void **state)
{
    (void)state;
    return mem_alive() == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(empty_file_gives_the_defaults, nothing_left),
        cmocka_unit_test_teardown(sample_is_up_to_date_and_gives_the_defaults, nothing_left),
        cmocka_unit_test_teardown(sample_with_its_examples_is_good, nothing_left),
        cmocka_unit_test_teardown(reads_every_kind_of_value, nothing_left),
        cmocka_unit_test_teardown(includes_files_beside_it, nothing_left),
        cmocka_unit_test_teardown(tells_what_is_wrong_and_where, nothing_left),
        cmocka_unit_test_teardown(reads_headers, nothing_left),
        cmocka_unit_test_teardown(model_belongs_to_a_build, nothing_left),
        cmocka_unit_test_teardown(tells_several_lines_and_no_secret, nothing_left),
        cmocka_unit_test_teardown(missing_file_is_told, nothing_left),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
