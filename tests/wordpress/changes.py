"""What editors and moderators do to a running site: each a line or two of WordPress' own functions.

Its law: every change goes through `WordPress.run`, so it happens as on a real site, hooks and all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from .site import WordPress


def option(site: WordPress, name: str, value: object) -> None:
    """Set an option, as those of php/doors.php."""
    site.run("update_option($name, $value);", name=name, value=value)


def toggle(site: WordPress, name: str, value: str) -> None:
    """Put a value into an option that is a list, or take it out."""
    code = """$all = (array) get_option($name, []);
        update_option($name, in_array($value, $all) ? array_diff($all, [$value]) : [...$all, $value]);"""
    site.run(code, name=name, value=value)


def permalinks(site: WordPress, structure: str) -> None:
    """Give all addresses another form; WordPress leads the old ones there by the name of the post."""
    code = "global $wp_rewrite; $wp_rewrite->set_permalink_structure($structure); flush_rewrite_rules(false);"
    site.run(code, structure=structure)


def renumber(site: WordPress, by: int) -> int:
    """Give each post an id that is larger by so much, as an import into a new site does; return it."""
    code = """global $wpdb;
        foreach ([1000000, $by - 1000000] as $step) {
            foreach ([['posts', 'ID'], ['posts', 'post_parent'], ['postmeta', 'post_id'],
                    ['term_relationships', 'object_id'], ['comments', 'comment_post_ID']] as [$name, $id]) {
                $wpdb->query("UPDATE {$wpdb->prefix}$name SET $id = $id + ($step) WHERE $id > 0");
            }
        }
        wp_cache_flush();"""
    site.run(code, by=by)
    return by


def redesign(site: WordPress, theme: str) -> None:
    """Give a site another theme: "classic" (ours) or "block" (the bundled one)."""
    code = """switch_theme($theme === 'classic' ? 'gazette' : current(array_filter(
            array_keys(wp_get_themes()), fn($name) => wp_get_theme($name)->is_block_theme())));
        update_option('sidebars_widgets', ['wp_inactive_widgets' => []]);"""
    site.run(code, theme=theme)


def set_comment(site: WordPress, comment: int, status: str) -> None:
    """Let a comment be "approve", "hold", "spam" or "trash"."""
    site.run(
        "wp_set_comment_status($id, $status, true) || throw new Exception('refused');",
        id=comment,
        status=status,
    )


def delete_comment(site: WordPress, comment: int) -> None:
    """Delete a comment for good."""
    site.run("wp_delete_comment($id, true) || throw new Exception('refused');", id=comment)


def existing_comments(site: WordPress, comments: Collection[int]) -> set[int]:
    """Return those of some comments that were not deleted for good."""
    told = site.run("echo implode(',', array_filter($ids, 'get_comment'));", ids=sorted(comments))
    return {int(number) for number in told.split(",") if number}


def edit_comment(site: WordPress, comment: int, text: str) -> None:
    """Give a comment another text."""
    code = "wp_update_comment(wp_slash(['comment_ID' => $id, 'comment_content' => $text]));"
    site.run(code, id=comment, text=text)


def edit_post(site: WordPress, post: int, **fields: object) -> None:
    """Change fields of a post by WordPress' names, such as post_title, post_content, post_status."""
    code = """$done = wp_update_post(wp_slash(['ID' => $id] + $fields), true);
        is_wp_error($done) && throw new Exception($done->get_error_message());"""
    site.run(code, id=post, fields=fields)


def rename(site: WordPress, post: int, slug: str) -> None:
    """Give a post another slug; its old address then redirects."""
    edit_post(site, post, post_name=slug)


def redate(site: WordPress, post: int, at: datetime) -> None:
    """Give a post another date of publication, as an editor who corrects it."""
    moment = _gmt(at)
    code = "echo get_date_from_gmt($at);"
    local = site.run(code, at=moment)
    edit_post(site, post, post_date_gmt=moment, post_date=local, edit_date=True)


def rename_author(site: WordPress, post: int, name: str) -> set[int]:
    """Give the author of a post another name; return all posts that then show it, hidden ones included."""
    code = """$author = get_post($id)->post_author;
        wp_update_user(['ID' => $author, 'display_name' => $name]);
        echo implode(',', get_posts(['author' => $author, 'post_status' => ['any', 'trash', 'private'],
            'numberposts' => -1, 'fields' => 'ids']));"""
    return {int(number) for number in site.run(code, id=post, name=name).split(",")}


def replace_post(site: WordPress, post: int, title: str, text: str) -> int:
    """Delete a post for good, and give its address to a new one; return the id of that."""
    code = """$old = get_post($id);
        wp_delete_post($id, true) || throw new Exception('refused');
        echo wp_insert_post(wp_slash(['post_title' => $title, 'post_content' => $text,
            'post_status' => 'publish', 'post_author' => 1, 'post_name' => $old->post_name,
            'post_date' => $old->post_date,
            'post_date_gmt' => $old->post_date_gmt]));"""
    return int(site.run(code, id=post, title=title, text=text))


def protect(site: WordPress, post: int, password: str = "buoy") -> None:
    """Put a post behind a password."""
    edit_post(site, post, post_password=password)


def trash_post(site: WordPress, post: int) -> None:
    """Move a post to the trash, its comments with it."""
    site.run("wp_trash_post($id) || throw new Exception('refused');", id=post)


def restore_post(site: WordPress, post: int) -> None:
    """Take a post out of the trash, its comments with it, and publish it again."""
    site.run("wp_untrash_post($id) || throw new Exception('refused');", id=post)
    edit_post(site, post, post_status="publish")


def bring_back(site: WordPress, post: int) -> None:
    """Publish a post again that may be in the trash, its comments with it."""
    site.run("get_post_status($id) === 'trash' && wp_untrash_post($id);", id=post)
    edit_post(site, post, post_status="publish")


def unprotect(site: WordPress, post: int) -> None:
    """Take the password of a post away."""
    edit_post(site, post, post_password="")


def merge_posts(site: WordPress, post: int, into: int) -> None:
    """Put the comments of a post under another one, lead its address there, and move it to the trash."""
    code = """foreach (get_comments(['post_id' => $id, 'status' => 'any']) as $comment) {
            wp_update_comment(['comment_ID' => $comment->comment_ID, 'comment_post_ID' => $into]);
        }
        update_option('led_elsewhere', [get_permalink($id) => get_permalink($into)]);
        wp_trash_post($id) || throw new Exception('refused');"""
    site.run(code, id=post, into=into)


def delete_post(site: WordPress, post: int) -> None:
    """Delete a post for good, its comments with it."""
    site.run("wp_delete_post($id, true) || throw new Exception('refused');", id=post)


def publish(site: WordPress, title: str, text: str, at: datetime | None = None) -> int:
    """Publish a new post (now, or as of `at`) and give its id."""
    code = """echo wp_insert_post(wp_slash([
        'post_title' => $title, 'post_content' => $text, 'post_status' => 'publish', 'post_author' => 1,
        'post_date_gmt' => $at, 'post_date' => get_date_from_gmt($at)]));"""
    return int(site.run(code, title=title, text=text, at=_gmt(at)))


def add_comments(
    site: WordPress,
    post: int,
    count: int = 1,
    at: datetime | None = None,
    parent: int = 0,
    status: str = "1",
) -> list[int]:
    """Add comments below a post, one second apart from `at` on (or from now), and give their ids."""
    code = """foreach (range(1, $count) as $n) {
        $gmt = gmdate('Y-m-d H:i:s', strtotime("$at UTC") + $n - 1);
        $comment = wp_filter_comment(wp_slash([
            'comment_post_ID' => $post, 'comment_parent' => $parent, 'comment_type' => 'comment',
            'comment_author' => "Late Reader $n", 'comment_author_email' => '', 'comment_author_url' => '',
            'comment_author_IP' => '192.0.2.2', 'comment_agent' => '', 'user_id' => 0,
            'comment_content' => "A late letter, number $n.",
            'comment_date_gmt' => $gmt, 'comment_date' => get_date_from_gmt($gmt)]));
        $ids[] = wp_insert_comment(['comment_approved' => $status] + $comment);
    }
    echo implode(',', $ids);"""
    told = site.run(code, post=post, count=count, at=_gmt(at), parent=parent, status=status)
    return [int(number) for number in told.split(",")]


def _gmt(moment: datetime | None) -> str:
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
