# tests: what `make check` runs (unit tests, checks of the tree: seconds) and what
# `make check-e2e` runs (the daemon with real peers: minutes). All speak TAP.
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	OFFHOOK_BUILD='$(abs_top_builddir)'; export OFFHOOK_BUILD; \
	OFFHOOK_SOURCE='$(abs_top_srcdir)'; export OFFHOOK_SOURCE;

# Unit tests (cmocka) live in tests/unit/<room>_<file>.c; each fragment lists its own.
if HAVE_CMOCKA
include tests/unit/base.mk
include tests/unit/json.mk
include tests/unit/audio.mk
include tests/unit/codec.mk
include tests/unit/detect.mk
include tests/unit/media.mk
include tests/unit/sip.mk
include tests/unit/trunk.mk
include tests/unit/http.mk
include tests/unit/api.mk
include tests/unit/store.mk
include tests/unit/conf.mk
include tests/unit/call.mk
include tests/unit/speech.mk
include tests/unit/recogniser.mk
include tests/unit/registrar.mk
endif

# Checks of the tree itself.
dist_check_SCRIPTS = tests/check-floors tests/check-format tests/check-ends tests/tally
TESTS += tests/check-floors tests/check-format tests/check-ends

# End to end (node:test), one file a behaviour.
E2E_TESTS =
include tests/e2e/local.mk
include tests/amd/local.mk
NODE = node
# tests/lib/test.js ends what hangs, and tells its name; this ends what that could not.
JS_LOG_COMPILER = timeout -k 10 900 $(NODE)
AM_JS_LOG_FLAGS = --test-reporter=tap
EXTRA_DIST += $(E2E_TESTS)

# As many files at a time as `make -j` says, those of E2E_ALONE one by one at the end.
check-e2e: e2e-programs
	@failed=0; \
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(filter-out $(E2E_ALONE),$(E2E_TESTS))' || failed=1; \
	$(MAKE) $(AM_MAKEFLAGS) -j1 check-TESTS TESTS='$(filter $(E2E_ALONE),$(E2E_TESTS))' || failed=1; \
	exit $$failed
# One after the other: both make the libraries.
e2e-programs:
	@$(MAKE) $(AM_MAKEFLAGS) all
	@$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS)

# The ones worth the sanitizers' time.
check-e2e-main: e2e-programs
	@$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(E2E_MAIN)'

check-churn: e2e-programs
	@$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(E2E_CHURN)'

# The record files of every suite, for tests/tally.
suites:
	@for suite in $(TESTS) $(E2E_TESTS); do \
		echo "$(abs_top_builddir)/$${suite%.js}.trs"; \
	done
suites-main:
	@for suite in $(TESTS) $(E2E_MAIN); do \
		echo "$(abs_top_builddir)/$${suite%.js}.trs"; \
	done

# cppcheck does not read the libraries' headers: their loops are told to it here.
lint:
	cd $(srcdir) && cppcheck --quiet --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 -Isrc -j2 -DNDEBUG \
		'-Djson_array_foreach(array,index,value)=for(;(value)=(json_t*)(array);)' \
		'-Djson_object_foreach(object,key,value)=for(;(value)=(json_t*)(object);)' \
		'-DHASH_ITER(hh,head,el,tmp)=for(;(el)=(head);)' src
# One file a run: clang-tidy 14 takes the va_start() of a second file for nothing.
tidy:
	cd $(srcdir) && find src bench tests/kit -name '*.c' | xargs -P 2 -n 1 sh -c 'exec clang-tidy \
		--quiet "$$@" -- -std=gnu11 -D_GNU_SOURCE -Isrc -I. -I$(abs_top_builddir) \
		-DOFFHOOK_SOUNDS=\"x\" -DOFFHOOK_SYSCONF=\"x\" $(DEPS_CFLAGS) $(SPHINX_CFLAGS)' sh

.PHONY: e2e-programs check-churn check-e2e check-e2e-main suites suites-main lint tidy
