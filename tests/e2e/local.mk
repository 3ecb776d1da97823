# E2E_TESTS: all of them. E2E_MAIN: those that .ci/run repeats under the sanitizers.
E2E_MAIN = \
	tests/e2e/reference-call.test.js \
	tests/e2e/callflow.test.js \
	tests/e2e/sipp.test.js \
	tests/e2e/failures.test.js \
	tests/e2e/rest-calls.test.js \
	tests/e2e/durability.test.js \
	tests/e2e/churn.test.js \
	tests/e2e/demo.test.js
E2E_TESTS += $(E2E_MAIN) \
	tests/e2e/sound.test.js \
	tests/e2e/webhooks.test.js \
	tests/e2e/baresip.test.js \
<<<<<<< HEAD
	tests/e2e/config.test.js
EXTRA_DIST += tests/lib tests/fixtures tests/sipp
=======
	tests/e2e/config.test.js \
	tests/e2e/limits.test.js
E2E_LIB = \
	tests/lib/app-server.js tests/lib/baresip.js tests/lib/churn.js tests/lib/compare.js tests/lib/daemon.js \
	tests/lib/jwt.js tests/lib/phone.js tests/lib/place.js tests/lib/raw-sip.js \
	tests/lib/rest.js tests/lib/rogue.js tests/lib/sipp.js tests/lib/sound.js tests/lib/stage.js tests/lib/wait.js
EXTRA_DIST += $(E2E_LIB) tests/fixtures tests/sipp
>>>>>>> chaos
