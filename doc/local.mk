# doc: manual pages and the picture of the house.
dist_man_MANS = doc/offhook.1 doc/offhookd.8 doc/offhook.conf.5
EXTRA_DIST += doc/architecture.md doc/connect-and-conversation.md doc/conversation-api.md doc/engines.md \
	doc/performance.md
