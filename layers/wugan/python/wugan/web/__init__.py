"""The pages: server-rendered, in Chinese, without a line of JavaScript; and the HTTP edge of the callbacks."""
