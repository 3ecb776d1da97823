# E2E_TESTS: all of them. E2E_MAIN: those that .ci/run repeats under the sanitizers.
E2E_MAIN =
E2E_TESTS += $(E2E_MAIN)
