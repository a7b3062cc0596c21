using System.Text;
using Tidegate.Proxy.Filters.Authorization;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Tests.Filters.Authorization;

/// <summary>Templates for paths (security-envoy.md 4, "paths template").</summary>
public sealed class UriTemplateTests
{
    [Theory]
    [InlineData("/one/*", "/one/x", true)]
    [InlineData("/one/*", "/one/x%2Fy", true)]
    [InlineData("/one/*", "/one/@:!$&'()+,;=-._~", true)]
    [InlineData("/one/*", "/one", false)]
    [InlineData("/one/*", "/one/", false)]
    [InlineData("/one/*", "/one/x/", false)]
    [InlineData("/one/*", "/ONE/x", false)]
    [InlineData("/one/*", "/one/a*b", false)]
    [InlineData("/two/*/end", "/two/x/end", true)]
    [InlineData("/two/*/end", "/two//end", false)]
    [InlineData("/two/*/end", "/two/x/y/end", false)]
    [InlineData("/any/**", "/any/", true)]
    [InlineData("/any/**", "/any//x", true)]
    [InlineData("/any/**", "/any/x/y/z", true)]
    [InlineData("/any/**", "/any", false)]
    [InlineData("/any/**", "/any/a*b", false)]
    [InlineData("/mix/*/x/**", "/mix/a/x/", true)]
    [InlineData("/mix/*/x/**", "/mix/a/x", false)]
    [InlineData("/x/**/end", "/x/y/end", true)]
    [InlineData("/x/**/end", "/x/y/z/end", true)]
    [InlineData("/x/**/end", "/x/end", false)]
    [InlineData("/slash/*/", "/slash/x/", true)]
    [InlineData("/slash/*/", "/slash/x", false)]
    [InlineData("/lit.eral/*/z", "/litXeral/1/z", false)]
    [InlineData("/*/tail", "/x/y/tail", false)]
    [InlineData("/v1/{name}/{rest=**}", "/v1/a/b/c", true)]
    [InlineData("/v1/{name=a/*}", "/v1/a/b", true)]
    [InlineData("/v1/{name=a/*}", "/v1/b/b", false)]
    public void A_template_fits_whole_paths(string template, string path, bool fits)
    {
        UriTemplateParts parts = Assert.IsType<UriTemplateParts>(UriTemplateParts.TryParse(template, out string problem));

        Assert.Empty(problem);
        Assert.Equal(fits, new UriTemplate(parts).Matches(Encoding.ASCII.GetBytes(path)));
    }

    [Theory]
    [InlineData("no/slash", "does not begin with a slash")]
    [InlineData("/**/x/*", "has an operator behind **")]
    [InlineData("/a*b", "neither text nor an operator")]
    [InlineData("/***", "neither text nor an operator")]
    [InlineData("/{}", "has a variable that is none")]
    [InlineData("/{a", "has a variable that is none")]
    [InlineData("/a}", "closing brace without an opening one")]
    [InlineData("/{a}/{a}", "two variables named a")]
    [InlineData("/a b", "neither text nor an operator")]
    public void What_is_no_template_is_told(string template, string problem)
    {
        Assert.Null(UriTemplateParts.TryParse(template, out string found));
        Assert.Contains(problem, found, StringComparison.Ordinal);
    }
}
