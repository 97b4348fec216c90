//! The pieces that all pages are made of.

use std::fmt::Write as _;

/// Text as it stands in HTML and in double-quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            char => out.push(char),
        }
    }
    out
}

/// A whole page; `root` leads to the folder of the site: empty, or `../`.
pub(super) fn page(root: &str, title: &str, body: &str) -> String {
    let title = escaped(title);
    let back = if root.is_empty() {
        String::new()
    } else {
        format!("<nav><a href=\"{root}index.html\">All operations 全部接口</a></nav>\n")
    };
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · weipay</title>\n\
         <link rel=\"stylesheet\" href=\"{root}style.css\">\n</head>\n<body>\n{back}{body}\
         <footer>Written by weipay {} from its catalogue. Not affiliated with Tencent; what is not published says so.</footer>\n\
         </body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

pub(super) fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "<h2>{}</h2>", escaped(text));
}

pub(super) fn paragraph(out: &mut String, text: &str) {
    let _ = writeln!(out, "<p class=\"soft\">{}</p>", escaped(text));
}

pub(super) fn code(out: &mut String, code: &str) {
    if !code.is_empty() {
        let _ = writeln!(out, "<pre><code>{}</code></pre>", escaped(code));
    }
}

/// Facts as names and texts.
pub(super) fn facts(out: &mut String, facts: &[(&str, String)]) {
    out.push_str("<dl>\n");
    for (name, text) in facts {
        let _ = writeln!(out, "<dt>{} {}</dt><dd>{}</dd>", escaped(name), chinese(name), escaped(text));
    }
    out.push_str("</dl>\n");
}

/// What a fact is called in Chinese.
fn chinese(fact: &str) -> &'static str {
    match fact {
        "area" => "产品",
        "roles" => "角色",
        "scheme" => "认证",
        "success" => "成功",
        "limit" => "频率限制",
        "idempotency" => "幂等",
        "outcome" => "结果查询",
        "HTTP 429" => "超频",
        "host" => "域名",
        "open to" => "开放范围",
        "deprecated" => "已废弃",
        "same route" => "同路径",
        "address" => "地址",
        "encryption" => "敏感字段",
        "upload" => "上传",
        "answer" | "reply" => "应答",
        "file" => "文件",
        "original" => "原始类型",
        "formerly" => "旧名",
        "to a brand" => "品牌直连",
        _ => "",
    }
}
