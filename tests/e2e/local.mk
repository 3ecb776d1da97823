# E2E_TESTS: all of them. E2E_MAIN: those that .ci/run repeats under the sanitizers.
E2E_MAIN = \
	tests/e2e/reference-call.test.js \
	tests/e2e/callflow.test.js \
	tests/e2e/trunk.test.js \
	tests/e2e/sipp.test.js \
	tests/e2e/failures.test.js \
	tests/e2e/torture.test.js \
	tests/e2e/rest-calls.test.js \
	tests/e2e/contract.test.js \
	tests/e2e/sdk-server.test.js \
	tests/e2e/sdk-nexmo.test.js \
	tests/e2e/sdk-voice.test.js \
	tests/e2e/examples.test.js \
	tests/e2e/event-stream.test.js \
	tests/e2e/rogue-api.test.js \
	tests/e2e/rogue-ncco.test.js \
	tests/e2e/durability.test.js \
	tests/e2e/demo.test.js
E2E_TESTS += $(E2E_MAIN) \
	tests/e2e/digest.test.js \
	tests/e2e/sound.test.js \
	tests/e2e/straight.test.js \
	tests/e2e/flow.test.js \
	tests/e2e/input.test.js \
	tests/e2e/notify-wait-transfer.test.js \
	tests/e2e/rules.test.js \
	tests/e2e/connect.test.js \
	tests/e2e/carrier.test.js \
	tests/e2e/moderated.test.js \
	tests/e2e/machine.test.js \
	tests/e2e/quality.test.js \
	tests/e2e/test-numbers.test.js \
	tests/e2e/sipp-kit.test.js \
	tests/e2e/ipv6.test.js \
	tests/e2e/nat.test.js \
	tests/e2e/nat-static.test.js \
	tests/e2e/mutation.test.js \
	tests/e2e/text-conversation.test.js \
	tests/e2e/applications.test.js \
	tests/e2e/auth.test.js \
	tests/e2e/websocket.test.js \
	tests/e2e/rtc.test.js \
	tests/e2e/events.test.js \
	tests/e2e/legs.test.js \
	tests/e2e/audio-acts.test.js \
	tests/e2e/record.test.js \
	tests/e2e/transcription.test.js \
	tests/e2e/speech.test.js \
	tests/e2e/webhooks.test.js \
	tests/e2e/dead-letters.test.js \
	tests/e2e/baresip.test.js \
	tests/e2e/codecs.test.js \
	tests/e2e/srtp.test.js \
	tests/e2e/tls.test.js \
	tests/e2e/dialogs.test.js \
	tests/e2e/transfer.test.js \
	tests/e2e/dtmf.test.js \
	tests/e2e/config.test.js \
	tests/e2e/recogniser.test.js \
	tests/e2e/limits.test.js \
	tests/e2e/conversations.test.js \
	tests/e2e/users.test.js \
	tests/e2e/members.test.js \
	tests/e2e/knocking.test.js \
	tests/e2e/registrar.test.js \
	tests/e2e/scans.test.js \
	tests/e2e/fraud.test.js
# These measure sound packet by packet, to the millisecond: nothing runs beside them.
E2E_ALONE = \
	tests/e2e/sound.test.js \
	tests/e2e/straight.test.js \
	tests/e2e/audio-acts.test.js \
	tests/e2e/record.test.js \
	tests/e2e/flow.test.js \
	tests/e2e/notify-wait-transfer.test.js
# Rogue peers wait for each other's timers: minutes. `make check-churn`, and for longer `make soak`.
E2E_CHURN = tests/e2e/churn.test.js
EXTRA_DIST += $(E2E_CHURN) tests/package.json tests/package-lock.json tests/.npmrc tests/lib tests/fixtures tests/sipp
