using System.Text;
using Tidegate.Settings;

namespace Tidegate.Tests.Composition;

/// <summary>docs/configuration.md lists exactly the options that there are. <c>TIDEGATE_REWRITE=1</c> writes the list anew.</summary>
public sealed class DocumentedOptionsTests
{
    private const string Begin = "<!-- options: written by the tests of RunOptionTable with TIDEGATE_REWRITE=1 -->\n";
    private const string End = "<!-- end of options -->";

    private static readonly bool Rewrites = Environment.GetEnvironmentVariable("TIDEGATE_REWRITE") == "1";

    [Fact]
    public void The_documentation_lists_every_option_with_its_default()
    {
        string path = Path.Combine(Root(), "docs", "configuration.md");
        string text = File.ReadAllText(path);
        int start = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = text.IndexOf(End, start, StringComparison.Ordinal);
        if (Rewrites)
        {
            File.WriteAllText(path, text[..start] + List() + text[end..]);
            return;
        }

        Assert.Equal(List(), text[start..end]);
    }

    private static string List()
    {
        var list = new StringBuilder("\n| option | for | default |\n| --- | --- | --- |\n");
        foreach (RunOption option in RunOptionTable.All)
        {
            string name = option.Argument.Length == 0 ? option.Name : $"{option.Name} {option.Argument.Replace("|", "\\|", StringComparison.Ordinal)}";
            string fallback = option.DefaultText.Length == 0 ? string.Empty : $" {option.DefaultText}";
            list.Append($"| `{name}` | {option.Description.Replace("|", "\\|", StringComparison.Ordinal)} |{fallback} |\n");
        }

        return list.ToString();
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Tidegate.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
