/** What kind of place a visitor came from, after `direct` and `internal`. */
export type PlatformType = "search" | "social" | "ai" | "email" | "referral";

// One line a platform: the name that is stored, then its hosts. A host stands for its subdomains, too, and the longest
// match wins (mail.google.com is not google.com). `brand.*` stands for the brand under every public suffix
// (google.de, google.co.uk). Kept by hand from what the referrers of real sites show.
const PLATFORMS: Record<PlatformType, string> = {
  search: `
    google google.* com.google.android.googlequicksearchbox
    bing bing.*
    yahoo yahoo.* search.yahoo.co.jp
    duckduckgo duckduckgo.com ddg.gg com.duckduckgo.mobile.android
    yandex yandex.* ya.ru
    baidu baidu.com
    ecosia ecosia.org
    brave search.brave.com
    startpage startpage.com
    qwant qwant.com
    kagi kagi.com
    naver naver.com
    daum daum.net
    seznam seznam.cz
    sogou sogou.com
    so360 so.com
    shenma sm.cn
    petal petalsearch.com
    coccoc coccoc.com
    mojeek mojeek.com
    swisscows swisscows.com
    metager metager.org metager.de
    searx searx.be searx.me searxng.org
    marginalia marginalia.nu marginalia-search.com
    ask ask.com
    aol search.aol.com aol.com
    lycos lycos.com
    dogpile dogpile.com
    gibiru gibiru.com
    presearch presearch.com presearch.org
    rambler rambler.ru
    mail.ru go.mail.ru
    t-online suche.t-online.de
    webde suche.web.de
    gmx suche.gmx.net
    virgilio virgilio.it
    sapo sapo.pt
    onet onet.pl
    wp.pl szukaj.wp.pl
    goo goo.ne.jp
    biglobe search.biglobe.ne.jp`,
  social: `
    facebook facebook.com fb.com fb.me m.me messenger.com com.facebook.katana com.facebook.orca
    instagram instagram.com ig.me com.instagram.android
    threads threads.net threads.com
    x x.com t.co twitter.com com.twitter.android
    linkedin linkedin.com lnkd.in com.linkedin.android
    reddit reddit.com redd.it com.reddit.frontpage
    youtube youtube.com youtu.be com.google.android.youtube
    dailymotion dailymotion.com dai.ly
    rumble rumble.com
    tiktok tiktok.com com.zhiliaoapp.musically
    pinterest pinterest.* pin.it
    snapchat snapchat.com
    whatsapp whatsapp.com wa.me com.whatsapp
    telegram telegram.org telegram.me t.me org.telegram.messenger
    discord discord.com discord.gg discordapp.com
    slack slack.com com.slack
    mastodon mastodon.social mastodon.online mstdn.social mstdn.jp mas.to hachyderm.io fosstodon.org infosec.exchange org.joinmastodon.android
    bluesky bsky.app go.bsky.app
    lemmy lemmy.world lemmy.ml
    hacker-news news.ycombinator.com hckrnews.com hn.algolia.com
    lobsters lobste.rs
    product-hunt producthunt.com
    indie-hackers indiehackers.com
    medium medium.com
    substack substack.com
    tumblr tumblr.com tumblr.co
    quora quora.com
    stackoverflow stackoverflow.com stackexchange.com superuser.com serverfault.com
    github github.com gist.github.com
    dev.to dev.to
    twitch twitch.tv
    vimeo vimeo.com
    flickr flickr.com
    dribbble dribbble.com
    behance behance.net
    vk vk.com vkontakte.ru away.vk.com
    ok ok.ru odnoklassniki.ru
    weibo weibo.com weibo.cn t.cn
    wechat weixin.qq.com wechat.com
    qq qzone.qq.com
    zhihu zhihu.com
    douban douban.com
    xiaohongshu xiaohongshu.com xhslink.com
    bilibili bilibili.com
    line line.me
    kakao kakao.com
    hatena b.hatena.ne.jp hatena.ne.jp
    mixi mixi.jp
    xing xing.com
    nextdoor nextdoor.com
    disqus disqus.com
    flipboard flipboard.com
    pocket getpocket.com
    digg digg.com
    slashdot slashdot.org
    meetup meetup.com
    strava strava.com
    goodreads goodreads.com`,
  ai: `
    chatgpt chatgpt.com chat.openai.com com.openai.chatgpt
    claude claude.ai com.anthropic.claude
    perplexity perplexity.ai ai.perplexity.app.android
    gemini gemini.google.com bard.google.com com.google.android.apps.bard
    notebooklm notebooklm.google.com
    copilot copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft edgeservices.bing.com
    grok grok.com x.ai
    meta-ai meta.ai
    deepseek deepseek.com
    mistral chat.mistral.ai mistral.ai
    you you.com
    phind phind.com
    poe poe.com
    huggingface huggingface.co
    kimi kimi.com kimi.moonshot.cn
    qwen chat.qwen.ai tongyi.aliyun.com
    doubao doubao.com
    yiyan yiyan.baidu.com
    character character.ai
    pi pi.ai
    genspark genspark.ai
    felo felo.ai
    duck-ai duck.ai
    lumo lumo.proton.me
    manus manus.im`,
  email: `
    gmail mail.google.com inbox.google.com com.google.android.gm
    outlook outlook.live.com outlook.office.com outlook.office365.com outlook.com hotmail.com com.microsoft.office.outlook
    yahoo-mail mail.yahoo.com mail.yahoo.co.jp
    icloud-mail icloud.com
    proton-mail mail.proton.me
    fastmail fastmail.com app.fastmail.com
    zoho-mail mail.zoho.com mail.zoho.eu
    aol-mail mail.aol.com
    gmx-mail navigator.gmx.net 3c.gmx.net
    webde-mail navigator.web.de 3c.web.de
    t-online-mail email.t-online.de
    mail.ru-mail e.mail.ru
    yandex-mail mail.yandex.ru mail.yandex.com
    qq-mail mail.qq.com
    netease-mail mail.163.com mail.126.com
    naver-mail mail.naver.com
    hey app.hey.com
    tuta app.tuta.com
    superhuman mail.superhuman.com
    mailchimp mailchi.mp list-manage.com campaign-archive.com`,
  // Of a search engine's or a network's house, but none; and shops that lead to others' sites.
  referral: `
    amazon amazon.* amzn.to
    ebay ebay.* ebay.us
    etsy etsy.com
    walmart walmart.com
    aliexpress aliexpress.com aliexpress.us
    alibaba alibaba.com
    mercado-libre mercadolibre.com mercadolivre.com.br mercadolibre.com.mx mercadolibre.com.ar
    shop-app shop.app
    idealo idealo.*
    google-shopping shopping.google.com
    google-docs docs.google.com drive.google.com sites.google.com
    google-calendar calendar.google.com
    google-meet meet.google.com
    google-classroom classroom.google.com
    google-groups groups.google.com
    google-translate translate.google.com translate.goog
    google-accounts accounts.google.com
    yandex-disk disk.yandex.ru`,
};

export interface Platform {
  type: PlatformType;
  platform: string;
}

/** Host → platform. */
export const PLATFORM_OF_HOST = new Map<string, Platform>();
/** Brand → platform, for the brands that have a domain in most countries. */
export const PLATFORM_OF_BRAND = new Map<string, Platform>();

for (const [type, lines] of Object.entries(PLATFORMS) as [PlatformType, string][]) {
  for (const line of lines.trim().split("\n")) {
    const [platform, ...hosts] = line.trim().split(" ");
    for (const host of hosts) {
      if (host.endsWith(".*")) PLATFORM_OF_BRAND.set(host.slice(0, -2), { type, platform: platform! });
      else PLATFORM_OF_HOST.set(host, { type, platform: platform! });
    }
  }
}
