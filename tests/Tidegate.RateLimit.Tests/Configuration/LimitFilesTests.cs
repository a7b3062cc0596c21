using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.RateLimit.Configuration;
using Tidegate.RateLimit.Statistics;

namespace Tidegate.RateLimit.Tests.Configuration;

/// <summary>Files that change, are wrong for a while, or are gone.</summary>
public sealed class LimitFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-limits-");
    private readonly ServerCounts _counts = new(100);

    [Fact]
    public void A_file_that_is_wrong_keeps_its_last_good_version_and_others_go_on()
    {
        LimitFiles files = Files(_folder.FullName);
        Write("a.yaml", Limits("a", 1));
        Write("b.yml", Limits("b", 2));
        Write("notes.txt", "nothing");
        Assert.True(files.Load());
        Assert.Equal("a.k 1, b.k 2", Describe(files));

        Write("a.yaml", "domain: a\nwrong: 1");
        Write("b.yml", Limits("b", 3));
        Assert.True(files.Load());
        Assert.Equal("a.k 1, b.k 3", Describe(files));
        Assert.EndsWith("a.yaml:2: wrong: is not known; there are domain, descriptors", Assert.Single(files.Errors).ToString(), StringComparison.Ordinal);
        Assert.False(files.Load());

        Write("a.yaml", Limits("a", 4));
        File.Delete(Path.Combine(_folder.FullName, "b.yml"));
        Assert.True(files.Load());
        Assert.Equal("a.k 4", Describe(files));
        Assert.Empty(files.Errors);
    }

    [Fact]
    public void A_domain_is_that_of_the_first_file_that_has_it()
    {
        LimitFiles files = Files(_folder.FullName);
        Write("a.yaml", Limits("d", 1));
        Write("b.yaml", Limits("d", 2));

        files.Load();

        Assert.Equal("d.k 1", Describe(files));
        Assert.EndsWith("b.yaml:1: domain: \"d\" is that of another file, which comes first", Assert.Single(files.Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_yet_is_told_of_and_taken_when_it_comes()
    {
        LimitFiles files = Files(Path.Combine(_folder.FullName, "later.yaml"));
        Assert.True(files.Load());
        Assert.Single(files.Errors);

        Write("later.yaml", Limits("d", 1));
        files.Load();

        Assert.Equal("d.k 1", Describe(files));
        Assert.Empty(files.Errors);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static string Limits(string domain, int limit) => $"domain: {domain}\ndescriptors:\n- key: k\n  rate_limit: {{unit: day, requests_per_unit: {limit}}}\n";

    private static string Describe(LimitFiles files) =>
        string.Join(", ", files.Current.Domains.Values.SelectMany(static root => root.Rules).Select(static rule => $"{rule.Path} {rule.Limit.RequestsPerUnit}").Order(StringComparer.Ordinal));

    private LimitFiles Files(string path) => new(path, TimeSpan.FromSeconds(1), _counts, NullLogger.Instance, TimeProvider.System);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);
}
