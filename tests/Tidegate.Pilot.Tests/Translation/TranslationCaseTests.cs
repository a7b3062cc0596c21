using Tidegate.Pilot.Translation.Steps;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>Runs the cases. <c>TIDEGATE_REWRITE=1</c> writes what came out as what is expected; the difference is for reading, not for accepting.</summary>
public sealed class TranslationCaseTests
{
    private static readonly bool Rewrites = Environment.GetEnvironmentVariable("TIDEGATE_REWRITE") == "1";

    public static TheoryData<string> Cases => [.. TranslationCase.All];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_gives_what_it_expects(string folder)
    {
        var testCase = new TranslationCase(folder);
        var manifest = TranslationCase.Read(testCase.ReadInput());
        var settings = testCase.ReadSettings();
        var result = new Translator().Translate(TranslationCase.InputOf(manifest, settings));
        var diagnostics = manifest.Diagnostics.Concat(result.Diagnostics).Select(diagnostic => $"{diagnostic.Severity} {diagnostic.Code} {diagnostic}\n");

        Compare(Path.Combine(testCase.Folder, "expected.json"), SnapshotJson.Print(result, settings.Show));
        Compare(Path.Combine(testCase.Folder, "diagnostics.txt"), string.Concat(diagnostics));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_order_of_objects_in_the_input_does_not_matter(string folder)
    {
        var testCase = new TranslationCase(folder);
        var settings = testCase.ReadSettings();
        var manifest = TranslationCase.Read(testCase.ReadInput());
        var backwards = manifest with { Resources = [.. manifest.Resources.Reverse()] };
        var forth = new Translator().Translate(TranslationCase.InputOf(manifest, settings));
        var back = new Translator().Translate(TranslationCase.InputOf(backwards, settings));

        Assert.Equal(SnapshotJson.Print(forth, settings.Show), SnapshotJson.Print(back, settings.Show));
        Assert.Equal(forth.Diagnostics, back.Diagnostics);
    }

    private static void Compare(string file, string actual)
    {
        if (Rewrites)
        {
            // A case without findings has no file for them.
            if (actual.Length == 0)
            {
                File.Delete(file);
            }
            else
            {
                File.WriteAllText(file, actual);
            }
            return;
        }
        Assert.Equal(File.Exists(file) ? File.ReadAllText(file) : "", actual, ignoreLineEndingDifferences: true);
    }
}
