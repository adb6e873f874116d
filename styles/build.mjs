// Writes wugan/web/static/weui.css: WeUI without the rules that no template uses.
import { createHash } from "node:crypto";
import { copyFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PurgeCSS } from "purgecss";

const here = dirname(fileURLToPath(import.meta.url));
const web = join(here, "../layers/wugan/python/wugan/web");
const weui = join(here, "node_modules/weui");

const [used] = await new PurgeCSS().purge({
  content: [join(web, "templates/**/*.html")],
  css: [join(weui, "dist/style/weui.min.css")],
  variables: true, // of the colours, too
  keyframes: true,
  fontFace: true,
});
const sheet = used.css.trimEnd() + "\n";
writeFileSync(join(web, "static/weui.css"), sheet);
writeFileSync(join(here, "weui.css.sha256"), createHash("sha256").update(sheet).digest("hex") + "\n"); // a test holds the file to it
copyFileSync(join(weui, "LICENSE.txt"), join(web, "static/weui.LICENSE.txt"));
console.log(`static/weui.css: ${used.css.length} characters`);
