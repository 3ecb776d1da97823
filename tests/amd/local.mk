# tests/amd: machine detection on a corpus of synthetic calls.
check_PROGRAMS += tests/amd/measure
tests_amd_measure_SOURCES = %D%/measure.c
tests_amd_measure_LDADD = $(OFFHOOK_LIBS)

amd_files = %D%/corpus %D%/cases.js %D%/random.js %D%/render.js %D%/texts.js
EXTRA_DIST += $(amd_files) %D%/manifest.tsv
E2E_TESTS += %D%/detect.test.js

# The sounds, made once: make amd-corpus; how it does on them: make amd
tests/amd/sounds/index.tsv: $(amd_files)
	$(AM_V_GEN)$(NODE) $(srcdir)/tests/amd/corpus tests/amd/sounds
amd-corpus: tests/amd/sounds/index.tsv
amd: amd-corpus
	@$(MAKE) $(AM_MAKEFLAGS) tests/amd/measure
	@tests/amd/measure tests/amd/sounds
clean-local:
	rm -rf tests/amd/sounds
.PHONY: amd amd-corpus
