# doc: manual pages and the picture of the house.
dist_man_MANS = doc/offhook.1 doc/offhookd.8 doc/offhook.conf.5
EXTRA_DIST += doc/architecture.md doc/connect-and-conversation.md doc/conversation-api.md doc/dialogs.md doc/engines.md doc/languages.md \
	doc/ncco.md doc/performance.md doc/quality.md doc/sound-through-loss.svg \
	doc/trunks.md \
	doc/voice-api.md
EXTRA_DIST += doc/examples
