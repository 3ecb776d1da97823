# unit tests of src/recogniser
recogniser_unit_tests = tests/unit/recogniser_remote tests/unit/recogniser_queue \
	tests/unit/recogniser_nomem
check_PROGRAMS += $(recogniser_unit_tests)
TESTS += $(recogniser_unit_tests)
EXTRA_DIST += tests/unit/recogniser_rig.h
tests_unit_recogniser_remote_SOURCES = tests/unit/recogniser_remote.c
tests_unit_recogniser_remote_LDADD = $(UNIT_LIBS)
tests_unit_recogniser_queue_SOURCES = tests/unit/recogniser_queue.c
tests_unit_recogniser_queue_LDADD = $(UNIT_LIBS)
tests_unit_recogniser_nomem_SOURCES = tests/unit/recogniser_nomem.c
tests_unit_recogniser_nomem_LDADD = $(UNIT_LIBS)
tests_unit_recogniser_nomem_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# With PocketSphinx and its model only: where they are not, these are no tests at all.
if HAVE_POCKETSPHINX_MODEL
check_PROGRAMS += tests/unit/recogniser_grammar tests/unit/recogniser_sphinx
TESTS += tests/unit/recogniser_grammar tests/unit/recogniser_sphinx
EXTRA_DIST += tests/unit/recogniser_voice.h
tests_unit_recogniser_grammar_SOURCES = tests/unit/recogniser_grammar.c
tests_unit_recogniser_grammar_LDADD = $(UNIT_LIBS)
tests_unit_recogniser_sphinx_SOURCES = tests/unit/recogniser_sphinx.c
tests_unit_recogniser_sphinx_CPPFLAGS = $(AM_CPPFLAGS) -DMODEL='"$(SPHINX_MODEL)"'
tests_unit_recogniser_sphinx_LDADD = $(UNIT_LIBS)
endif
